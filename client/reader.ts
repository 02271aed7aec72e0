import { checksumAlgorithms } from '../protocol/checksum-algorithms.ts'

/**
 * Small readers of what came as JSON, for answers and journals: the API's own schemas would be a third of what a browser loads.
 * A reader returns what it was given, without the members that it does not know, or throws where that is something else.
 */
export type Reader<Value> = (value: unknown) => Value

const that =
  <Value>(holds: (value: unknown) => boolean): Reader<Value> =>
  (value) => {
    if (holds(value)) return value as Value
    throw new TypeError(`Expected something else than ${value}.`)
  }

export const text = that<string>((value) => typeof value === 'string')
export const number = that<number>((value) => typeof value === 'number')
/** Bytes, or a part's number. */
export const whole = that<number>((value) => Number.isSafeInteger(value) && Number(value) >= 0)

const object = that<object>((value) => typeof value === 'object')

export const oneOf = <const Text extends string>(...texts: Text[]): Reader<Text> =>
  that<Text>((value) => texts.includes(value as Text))

export const crcAlgorithm = oneOf(...checksumAlgorithms)
export const checksumAlgorithm = oneOf(...checksumAlgorithms, 'NONE')

export const optional =
  <Value>(read: Reader<Value>): Reader<Value | undefined> =>
  (value) =>
    value === undefined ? value : read(value)

export const list =
  <Value>(read: Reader<Value>): Reader<Value[]> =>
  (value) =>
    that<unknown[]>(Array.isArray)(value).map((each) => read(each))

/** An object whose members all are the same kind of thing. */
export const record =
  <Value>(read: Reader<Value>): Reader<Record<string, Value>> =>
  (value) =>
    Object.fromEntries(Object.entries(object(value)).map(([name, each]) => [name, read(each)]))

type Readers = Readonly<Record<string, Reader<unknown>>>
type Members<Each extends Readers> = { [Name in keyof Each]: ReturnType<Each[Name]> }

export const members =
  <Each extends Readers>(readers: Each): Reader<Members<Each>> =>
  (value) =>
    Object.fromEntries(
      Object.entries(readers)
        .map(([name, read]) => [name, read((value as Record<string, unknown>)[name])])
        .filter(([, member]) => member !== undefined),
    ) as Members<Each>

/** Objects of several kinds, which one member tells. */
export const variants =
  <Member extends string, Each extends Readers>(
    member: Member,
    readers: Each,
  ): Reader<{ [Kind in keyof Each]: { [Name in Member]: Kind } & ReturnType<Each[Kind]> }[keyof Each]> =>
  (value) => {
    const kind = oneOf(...Object.keys(readers))((value as Record<string, unknown>)[member])
    return Object.assign({ [member]: kind }, readers[kind]?.(value)) as never
  }

/** @returns `undefined` where it is something else */
export function readOr<Value>(read: Reader<Value>, value: unknown): Value | undefined {
  try {
    return read(value)
  } catch {
    return undefined
  }
}
