/** Strokes on a ground of 24 by 24. */
export const ICONS = {
  file: 'M13 3H6v18h12V8zv5h5',
  send: 'M12 16V4M7 9l5-5 5 5M4 20h16',
  download: 'M12 4v12M7 11l5 5 5-5M4 20h16',
  pause: 'M9 6v12M15 6v12',
  resume: 'M8 5v14l11-7z',
  retry: 'M19 12a7 7 0 1 1-2-5l2 2V4.5M19 9h-4.5',
  remove: 'M6.5 6.5l11 11m0-11l-11 11',
  done: 'M5 12.5l4.5 4.5L19 7.5',
  alert: 'M12 6v7.5m0 4v0',
  wait: 'M12 7v5l3 2m5-2a8 8 0 1 1-16 0 8 8 0 0 1 16 0z',
  more: 'M6.5 9.5l5.5 5.5 5.5-5.5',
}

const icon = (d = '') => `<svg viewBox="0 0 24 24" aria-hidden="true"><path d="${d}"/></svg>`

/** @param action what `data-do` says when it is clicked */
export const button = (action: string, label: string, look = '', d = '') =>
  `<button data-do="${action}" class="${look}" part="button ${look}">${d && icon(d)}<span>${label}</span></button>`

const banner = (id: string, d: string, buttons = '', role = '') =>
  `<div class="banner" part="banner" id="${id}">${icon(d)}<p ${role}></p>${buttons}</div>`

const ALERT = 'role="alert"'

/** Of the whole element. */
export const FRAME = `<section id="drop" part="drop" aria-labelledby="title">${icon(ICONS.send)}<div><h2 id="title"><slot name="title"></slot></h2><p><slot name="hint">Any size. After a pause, a reload or a lost connection they go on where they were.</slot></p></div><div class="buttons">${button('choose', 'Choose files', 'primary')}${button('folder', 'Choose folder')}</div><input type="file" id="files" multiple hidden><input type="file" id="folder" webkitdirectory hidden></section>${banner('notice', ICONS.alert, button('close', 'Close'), ALERT)}${banner('signed-out', ICONS.alert, button('sign-in', 'Sign in', 'primary'), ALERT)}${banner('offline', ICONS.alert)}${banner('unfinished', ICONS.wait, button('resume', 'Resume', 'primary') + button('discard', 'Discard'))}<section id="uploads" part="list" aria-label="Uploads" hidden><div class="total" id="all" part="total"><p id="summary"></p><div class="buttons" id="every">${['Pause all', 'Resume all', 'Retry all', 'Cancel all', 'Remove finished'].map((label) => button((label.split(' ')[0] ?? '').toLowerCase(), label, 'quiet')).join('')}</div><progress id="total" part="bar" aria-label="All files"></progress></div><ul id="rows"></ul></section><div id="downloads"></div><div id="overlay" part="overlay" popover="manual" aria-hidden="true"><p>Drop to upload</p></div><div class="heard" id="live" role="status"></div>`

/** Of one file. */
export const ROW = `<li class="upload" part="row"><svg class="badge" viewBox="0 0 24 24" aria-hidden="true"><path/></svg><div class="heading"><p class="name"></p><p class="status"></p></div><div class="actions">${button('', '', 'icon', ' ')}${button('download', '', 'icon', ICONS.download)}${button('details', '', 'icon', ICONS.more)}${button('', '', 'icon', ICONS.remove)}</div><div class="body"><progress part="bar"></progress><p class="facts"><span class="amount"></span><span class="pace"></span></p><p class="note"></p><p class="problem" part="problem" role="alert"></p></div></li>`

export function elementOf(html: string): HTMLElement {
  const template = document.createElement('template')
  template.innerHTML = html
  return template.content.firstElementChild as HTMLElement
}
