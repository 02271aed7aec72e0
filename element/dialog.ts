import type { Picked } from './picked.ts'

declare global {
  interface Window {
    /** Not in every browser, and not in the types of the DOM yet. */
    showOpenFilePicker?(options: object): Promise<FileSystemFileHandle[]>
  }
}

/** @throws {Error} of name `AbortError` where a person chose nothing, of another where there is no such dialog here */
export async function pickedFromDialog(accept: string): Promise<Picked> {
  const types = accept.split(',').map((type) => type.trim())
  const handles = await window.showOpenFilePicker?.({
    multiple: true,
    ...(accept && {
      types: [
        {
          accept: Object.fromEntries(
            types.map((type) => (type[0] === '.' ? [`application/${type.slice(1)}`, [type]] : [type, []])),
          ),
        },
      ],
    }),
  })
  return {
    files: await Promise.all(
      (handles ?? []).map(async (handle) => ({ file: await handle.getFile(), handle })),
    ),
  }
}
