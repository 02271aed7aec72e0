import fc from 'fast-check'
import { XMLParser } from 'fast-xml-parser'
import { expect, test } from 'vitest'
import { child, childrenOf, escapeXml, parseXml, textOf, type XmlElement } from '../../client/node/s3/xml.ts'

const LISTING = `<?xml version="1.0" encoding="UTF-8"?>

<ListPartsResult xmlns="http://s3.amazonaws.com/doc/2006-03-01/">
  <Key>a &lt;b&gt; &amp; &#34;c&#x22;</Key><Initiator><ID>1</ID></Initiator><Empty/>
  <Part><PartNumber>1</PartNumber><ETag>&quot;x&quot;</ETag></Part>
  <!-- what is said aside --><Part><PartNumber>2</PartNumber></Part>
</ListPartsResult>
`

test('a listing is read, entities, empty elements and comments included', () => {
  const listing = parseXml(LISTING)
  expect(listing.name).toBe('ListPartsResult')
  expect(textOf(listing, 'Key')).toBe('a <b> & "c"')
  expect(textOf(listing, 'Empty')).toBeUndefined()
  expect(child(listing, 'Initiator')?.children).toHaveLength(1)
  expect(childrenOf(listing, 'Part').map((part) => textOf(part, 'PartNumber'))).toEqual(['1', '2'])
  expect(childrenOf(listing, 'Part').map((part) => textOf(part, 'ETag'))).toEqual(['"x"', undefined])
})

test.each([
  '',
  ' ',
  'Bad Gateway',
  '<a>',
  '<a></b>',
  '</a>',
  '<a/><b/>',
  '<a></a>x',
  '<a>&nbsp;</a>',
  '<a>x & y</a>',
  '<a>x &amp y</a>',
  '<!DOCTYPE a><a/>',
  '<a><![CDATA[x]]></a>',
  '<a><b</a>',
  '<html><body><br></body></html>',
  LISTING.slice(0, -10),
])('what is no well-formed document of S3’s is refused: %j', (text) => {
  expect(() => parseXml(text)).toThrow(SyntaxError)
})

test('any document is read as fast-xml-parser reads it', () => {
  const oracle = new XMLParser({ preserveOrder: true, parseTagValue: false, trimValues: false })
  fc.assert(
    fc.property(tree, (root) => {
      expect(parseXml(`<?xml version="1.0"?>${render(root)}`)).toEqual(
        toElement(oracle.parse(render(root))[0]),
      )
    }),
  )
})

const name = fc.constantFrom('Part', 'ETag', 'Key', 'x-y', 'a1')
const leaf = fc.string({ minLength: 1, unit: fc.constantFrom(...'ab<>&"\'ü文 ;#') })
const { tree } = fc.letrec<{ tree: XmlElement }>((tie) => ({
  tree: fc.oneof(
    fc.record({ name, text: leaf, children: fc.constant([]) }),
    fc.record({ name, text: fc.constant(''), children: fc.array(tie('tree'), { maxLength: 4 }) }),
  ),
}))

function render({ name, text, children }: XmlElement): string {
  return `<${name}>${escapeXml(text)}${children.map(render).join('')}</${name}>`
}

/** Of what the oracle makes of an element: `{[name]: children}`, text as `{'#text': …}`. */
function toElement(node: Record<string, unknown>): XmlElement {
  const [name = ''] = Object.keys(node)
  const inner = node[name] as Record<string, unknown>[]
  const text = inner.map((child) => child['#text'] ?? '').join('')
  return { name, text, children: inner.filter((child) => !('#text' in child)).map(toElement) }
}
