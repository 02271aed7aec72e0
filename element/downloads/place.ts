/** What browsers have of the File System Access API, where they have it. */
declare global {
  interface Window {
    showSaveFilePicker?(options: { suggestedName: string }): Promise<FileSystemFileHandle>
  }
}

type Asking = { requestPermission?(options: { mode: 'readwrite' }): Promise<PermissionState> }

/**
 * Asks where to save. Has to be called in a click.
 * @returns `undefined` where the person chose nothing; `'unable'` where the browser does not let a page write files here, or under that name
 */
export async function choosePlace(fileName: string): Promise<FileSystemFileHandle | 'unable' | undefined> {
  try {
    return (await window.showSaveFilePicker?.({ suggestedName: fileName })) ?? 'unable'
  } catch (error) {
    // Not chosen, or asked twice. In a frame of another origin it is refused, and so are some names.
    return /^(Abort|NotAllowed)Error$/.test((error as Error).name) ? undefined : 'unable'
  }
}

/** Asks whether the page may write to a file of an earlier visit. Has to be called in a click. */
export async function mayWrite(place: FileSystemFileHandle & Asking): Promise<boolean> {
  try {
    return (await place.requestPermission?.({ mode: 'readwrite' })) !== 'denied'
  } catch {
    // Where it cannot be asked for, writing says it.
    return true
  }
}
