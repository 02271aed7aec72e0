/**
 * S3's answers: elements with text or with children, no mixed content, no attributes that matter. So a reader of this much does, and
 * the client needs no XML library: the ones there are cost more than the rest of it, for DTDs, attributes and namespaces that S3 never sends.
 */
export interface XmlElement {
  readonly name: string
  /** Of the element itself, without its children's. */
  readonly text: string
  readonly children: readonly XmlElement[]
}

/** An element's start, its end, or one without content. Attributes are looked over; a namespace's prefix is not told apart. */
const TAG = /<(\/?)([A-Za-z_][\w.:-]*)((?:\s+[\w.:-]+\s*=\s*(?:"[^"<]*"|'[^'<]*'))*)\s*(\/?)>/y
/** `<?xml …?>` and comments. */
const ASIDE = /<\?[\s\S]*?\?>|<!--[\s\S]*?-->/y
const TEXT = /[^<]+/y
const ENTITIES: Readonly<Record<string, string>> = { lt: '<', gt: '>', amp: '&', quot: '"', apos: "'" }

/**
 * @returns the document's one root element
 * @throws {SyntaxError} for anything that is not well-formed, and for a DOCTYPE or CDATA, which S3 does not send
 */
export function parseXml(document: string): XmlElement {
  const top: Draft = { name: '', text: '', children: [] }
  const open: Draft[] = [top]
  for (let at = 0; at < document.length; ) {
    const innermost = open.at(-1) ?? top
    const text = match(TEXT, document, at)
    const tag = text ? undefined : match(TAG, document, at)
    if (text) innermost.text += decodeEntities(text[0])
    else if (tag) follow(open, innermost, tag)
    const step = text ?? tag ?? match(ASIDE, document, at)
    if (!step) throw malformed(`something else at ${at}: ${JSON.stringify(document.slice(at, at + 20))}`)
    at += step[0].length
  }
  const [root, second] = top.children
  if (!root || second || open.length > 1 || top.text.trim() !== '') {
    throw malformed(root ? 'more than that, or less' : 'none')
  }
  return root
}

/** The first child of that name. */
export function child(element: XmlElement, name: string): XmlElement | undefined {
  return element.children.find((child) => child.name === name)
}

export function childrenOf(element: XmlElement, name: string): XmlElement[] {
  return element.children.filter((child) => child.name === name)
}

/** The text of the first child of that name; `undefined` where there is none, or it is empty. */
export function textOf(element: XmlElement, name: string): string | undefined {
  return child(element, name)?.text || undefined
}

export function escapeXml(text: string): string {
  return text
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('"', '&quot;')
}

interface Draft extends XmlElement {
  text: string
  readonly children: Draft[]
}

function follow(open: Draft[], innermost: Draft, [, end, name = '', , empty]: RegExpExecArray): void {
  if (end) {
    if (open.length === 1 || innermost.name !== name) throw malformed(`</${name}> for <${innermost.name}>`)
    open.pop()
    return
  }
  const element: Draft = { name, text: '', children: [] }
  innermost.children.push(element)
  if (!empty) open.push(element)
}

function match(pattern: RegExp, document: string, at: number): RegExpExecArray | undefined {
  pattern.lastIndex = at
  return pattern.exec(document) ?? undefined
}

function decodeEntities(text: string): string {
  return text.replace(/&([^;&]*);?/g, (entity, name: string) => {
    const code = /^#(?:x([\da-f]+)|(\d+))$/i.exec(name)
    const character = code
      ? String.fromCodePoint(Number.parseInt(code[1] ?? code[2] ?? '', code[1] ? 16 : 10))
      : ENTITIES[name]
    if (character === undefined || !entity.endsWith(';')) throw malformed(`the entity ${entity}`)
    return character
  })
}

function malformed(what: string): SyntaxError {
  return new SyntaxError(`Expected an XML document with one root element, got ${what}.`)
}
