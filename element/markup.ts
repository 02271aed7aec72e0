/** Strokes on a ground of 24 by 24. */
export const ICONS = {
  file: 'M13 3.5H7A1.5 1.5 0 0 0 5.5 5v14A1.5 1.5 0 0 0 7 20.5h10a1.5 1.5 0 0 0 1.5-1.5V9zM13 3.5V9h5.5',
  upload: 'M12 16V4.5M7 9l5-5 5 5M4 15.5v2A2.5 2.5 0 0 0 6.5 20h11a2.5 2.5 0 0 0 2.5-2.5v-2',
  rise: 'M12 19V5.5M6 11.5l6-6 6 6',
  pause: 'M8.5 5.5v13M15.5 5.5v13',
  resume: 'M8 5.5v13L18.5 12z',
  retry: 'M19 12a7 7 0 1 1-2.05-4.95L19 9M19 4.5V9h-4.5',
  remove: 'M6.5 6.5l11 11M17.5 6.5l-11 11',
  done: 'M5 12.5l4.5 4.5L19 7.5',
  alert: 'M12 6v7.5M12 17.5v.01',
  wait: 'M12 7.5V12l3 2M20 12a8 8 0 1 1-16 0 8 8 0 0 1 16 0z',
  offline: 'M4 4l16 16M8.5 15.5a5 5 0 0 1 7 0M5 12a10 10 0 0 1 3.5-2.2M19 12a10 10 0 0 0-7-2.9M12 19v.01',
  more: 'M6.5 9.5l5.5 5.5 5.5-5.5',
  download: 'M12 4.5V16M7 11.5l5 5 5-5M5 20h14',
}

const icon = (d = '', name = '') =>
  `<svg class="${name}" viewBox="0 0 24 24" aria-hidden="true"><path d="${d}"/></svg>`

/** @param action what `data-do` says when it is clicked */
export const button = (action: string, label: string, look = '', d = '') =>
  `<button type="button" class="button ${look}" part="button ${action}" data-do="${action}">${d && icon(d)}<span>${label}</span></button>`

const banner = (id: string, d: string, buttons = '') =>
  `<div class="banner" part="banner" id="${id}" hidden>${icon(d)}<p></p>${buttons}</div>`

/** Of the whole element. */
export const FRAME = `<section class="picker" part="drop" aria-labelledby="title">${icon(ICONS.upload)}
<div><h2 id="title"><slot name="title"></slot></h2>
<p class="hint"><slot name="hint">Any size. They go straight to storage in parts, and carry on after a pause, a reload or a lost connection.</slot></p></div>
<div class="buttons">${button('choose', 'Choose files', 'primary')}${button('choose-folder', 'Choose folder')}</div>
<input type="file" id="files" multiple hidden><input type="file" id="folder" webkitdirectory hidden></section>
<div role="alert">${banner('notice', ICONS.alert, button('dismiss-notice', 'Close', 'icon', ICONS.remove))}${banner('signed-out', ICONS.alert, button('sign-in', 'Sign in', 'primary'))}</div>
${banner('offline', ICONS.offline)}
${banner('unfinished', ICONS.wait, `<div class="buttons">${button('resume-unfinished', 'Resume', 'primary')}${button('discard', 'Discard')}</div>`)}
<section id="uploads" part="list" aria-label="Uploads" hidden><div class="total" part="total"><p id="summary"></p>
<div class="buttons">${button('pause-all', 'Pause all', 'quiet')}${button('resume-all', 'Resume all', 'quiet')}${button('retry-all', 'Retry all', 'quiet')}${button('cancel-all', 'Cancel all', 'quiet')}${button('remove-all', 'Remove finished', 'quiet')}</div>
<progress id="total" part="bar" max="1" value="0" aria-label="All files"></progress></div><ul id="rows"></ul></section>
<div id="downloads"></div>
<div class="overlay" part="overlay" popover="manual" aria-hidden="true"><p>Drop to upload</p></div>
<p class="heard" id="live" role="status"></p>`

/** Of one file. */
export const ROW = `<li class="upload" part="row">${icon('', 'badge')}
<div class="heading"><p class="name"></p><p class="status"></p></div>
<div class="actions">${button('toggle', '', 'icon', ' ')}${button('download', 'Download', 'icon', ICONS.download)}${button('details', '', 'icon', ICONS.more)}${button('dismiss', '', 'icon', ICONS.remove)}</div>
<div class="body"><progress part="bar" max="1" value="0"></progress>
<p class="facts"><span class="amount"></span><span class="pace"></span></p>
<p class="note"></p><p class="problem" part="problem" role="alert"></p></div></li>`

/** What a row shows of its file when it is opened. */
export const DETAILS = `<div class="details" part="details"><canvas class="map" part="map" role="img"></canvas><p class="legend"></p><p class="proof"></p><dl></dl></div>`

export function elementOf(html: string): HTMLElement {
  const template = document.createElement('template')
  template.innerHTML = html
  return template.content.firstElementChild as HTMLElement
}
