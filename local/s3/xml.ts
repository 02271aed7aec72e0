import { XMLParser, XMLValidator } from 'fast-xml-parser'
import { S3Error } from './errors.ts'

export const XML_DECLARATION = '<?xml version="1.0" encoding="UTF-8"?>'
const NAMESPACE = 'http://s3.amazonaws.com/doc/2006-03-01/'

/** What an element holds: text, children by name, or several elements of one name. `undefined` leaves it out. */
export type XmlContent =
  | string
  | number
  | boolean
  | undefined
  | readonly XmlContent[]
  | { readonly [name: string]: XmlContent }

/** A parsed element: its text, or its children by name, each name with all of its elements in order. */
export type XmlNode = string | { readonly [name: string]: readonly XmlNode[] }

/** @returns A whole document in S3's namespace. */
export function renderXml(root: string, content: XmlContent): string {
  return `${XML_DECLARATION}\n<${root} xmlns="${NAMESPACE}">${inner(content)}</${root}>`
}

/** An error document, which has no namespace. */
export function renderErrorXml(content: XmlContent): string {
  return `${XML_DECLARATION}\n${element('Error', content)}`
}

/** @throws S3Error `MalformedXML` when the text is no well-formed document with this root element. */
export function parseXml(text: string, root: string): XmlNode {
  // Entities of a document's own are of no use to S3's clients and of much use to attackers.
  if (text.includes('<!DOCTYPE') || XMLValidator.validate(text) !== true) throw new S3Error('MalformedXML')
  const document = parse(text)
  const [node] = elements(document, root)
  if (node === undefined) throw new S3Error('MalformedXML')
  return node
}

/** The child elements of this name, in order. */
export function elements(node: XmlNode, name: string): readonly XmlNode[] {
  if (typeof node === 'string' || !Object.hasOwn(node, name)) return []
  return node[name] ?? []
}

/** The texts of the child elements of this name. */
export function texts(node: XmlNode, name: string): string[] {
  return elements(node, name).map((child) => {
    if (typeof child !== 'string') throw new S3Error('MalformedXML')
    return child
  })
}

/** The text of the one child element of this name, `undefined` when there is none. */
export function text(node: XmlNode, name: string): string | undefined {
  const [first, second] = texts(node, name)
  if (second !== undefined) throw new S3Error('MalformedXML')
  return first
}

/** The names of an element's children. */
export function childNames(node: XmlNode): string[] {
  return typeof node === 'string' ? [] : Object.keys(node)
}

const parser = new XMLParser({
  ignoreAttributes: true,
  ignoreDeclaration: true,
  removeNSPrefix: true,
  parseTagValue: false,
  trimValues: true,
  isArray: () => true,
})

function parse(text: string): XmlNode {
  try {
    return parser.parse(text) as XmlNode
  } catch {
    throw new S3Error('MalformedXML')
  }
}

function element(name: string, content: XmlContent): string {
  if (content === undefined) return ''
  if (isList(content)) return content.map((item) => element(name, item)).join('')
  return `<${name}>${inner(content)}</${name}>`
}

function inner(content: XmlContent): string {
  if (content === undefined) return ''
  if (isList(content)) throw new TypeError('expected text or children, got a list; give it a name')
  if (typeof content !== 'object') return escapeText(String(content))
  return Object.entries(content)
    .map(([name, child]) => element(name, child))
    .join('')
}

function isList(content: XmlContent): content is readonly XmlContent[] {
  return Array.isArray(content)
}

function escapeText(value: string): string {
  // Control characters are no legal XML, not even as references; S3 writes keys that hold them so all the same.
  return value.replace(/[&<>"\p{Cc}]/gu, (character) => `&#${character.charCodeAt(0)};`)
}
