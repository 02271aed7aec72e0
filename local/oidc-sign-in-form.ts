const STYLE = `
  body { font: 1rem/1.5 system-ui, sans-serif; max-width: 22rem; margin: 15vh auto; padding: 0 1rem; }
  label, input, button { display: block; width: 100%; box-sizing: border-box; font: inherit; }
  input, button { margin-top: .5rem; padding: .6rem .8rem; border-radius: .5rem; border: 1px solid #8888; }
  button { margin-top: 1rem; border: 0; background: #0b6e5f; color: #fff; font-weight: 600; cursor: pointer; }
  p { opacity: .75; font-size: .875rem; }
  code { font-size: 1.5rem; }`

/** What the local issuer asks: a name, and nothing that would look like real security. */
export function signInForm(): string {
  return page(
    'Sign in',
    `<form method="post">
  <label for="login">Any name will do</label>
  <input id="login" name="login" autocomplete="username" required autofocus>
  <button>Sign in</button>
</form>
<p>This issuer belongs to the local AWS: it believes what you type, and is for development only.</p>`,
  )
}

/** Where a command line signs in. @param form the issuer's own, with the id `op.deviceInputForm` */
export function deviceCodeForm(form: string): string {
  return page(
    'Sign in a command line',
    `<p>Type the code that it shows.</p>\n${form}<button form="op.deviceInputForm">Go on</button>`,
  )
}

/** @param form the issuer's own, with the id `op.deviceConfirmForm` */
export function deviceConfirmForm(form: string, code: string): string {
  return page(
    'Sign in a command line',
    `<p>Does it show this code?</p>\n<code>${code}</code>\n${form}<button form="op.deviceConfirmForm">Yes, go on</button>`,
  )
}

export function deviceDone(): string {
  return page('Signed in', '<p>Go on in the terminal; this page can be closed.</p>')
}

function page(title: string, content: string): string {
  return `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<meta name="color-scheme" content="light dark">
<title>${title} · Partway on this machine</title>
<style>${STYLE}
</style>
<h1>${title}</h1>
${content}
</html>
`
}
