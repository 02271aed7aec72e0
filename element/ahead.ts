/**
 * What may be wanted when there is no network any more. A browser that failed to load a module does not ask for it again before
 * the page is reloaded, so all of it is loaded once the element is there.
 */
export const loaded = Promise.all([
  import('./confirm.ts'),
  import('./admission.ts'),
  import('./details/index.ts'),
  import('./diagnose.ts'),
  import('./dialog.ts'),
  import('./explain.ts'),
  import('./folders.ts'),
  import('./queue/runner.ts'),
])
