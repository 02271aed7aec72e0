import { type Answer, type ObjectCall, xmlAnswer } from '../call.ts'
import { renderXml } from '../xml.ts'
import { findObject } from './get-object.ts'

export async function getObjectTagging(call: ObjectCall): Promise<Answer> {
  const { tags = [] } = findObject(call)
  const Tag = tags.map(([Key, Value]) => ({ Key, Value }))
  return xmlAnswer(renderXml('Tagging', { TagSet: { Tag } }))
}
