/** What the local issuer asks: a name, and nothing that would look like real security. */
export function signInForm(): string {
  return `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<meta name="color-scheme" content="light dark">
<title>Sign in · Partway on this machine</title>
<style>
  body { font: 1rem/1.5 system-ui, sans-serif; max-width: 22rem; margin: 15vh auto; padding: 0 1rem; }
  label, input, button { display: block; width: 100%; box-sizing: border-box; font: inherit; }
  input, button { margin-top: .5rem; padding: .6rem .8rem; border-radius: .5rem; border: 1px solid #8888; }
  button { margin-top: 1rem; border: 0; background: #0b6e5f; color: #fff; font-weight: 600; cursor: pointer; }
  p { opacity: .75; font-size: .875rem; }
</style>
<h1>Sign in</h1>
<form method="post">
  <label for="login">Any name will do</label>
  <input id="login" name="login" autocomplete="username" required autofocus>
  <button>Sign in</button>
</form>
<p>This issuer belongs to the local AWS: it believes what you type, and is for development only.</p>
</html>
`
}
