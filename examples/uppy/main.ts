import Uppy, { type Meta } from '@uppy/core'
import { createClient } from 'partway/browser'
import { type PartwayBody, uploadByPartway } from './partway-uploader.ts'

const API = new URLSearchParams(location.search).get('api') ?? 'http://localhost:8080'

// As you have it, with its Dashboard, its restrictions and its other plugins.
const uppy = new Uppy<Meta, PartwayBody>({ autoProceed: true })
uploadByPartway(uppy, createClient({ url: API }))

const find = <E extends HTMLElement>(selector: string) => document.querySelector<E>(selector) as E
const [input, pause, cancel] = [
  find<HTMLInputElement>('input'),
  find<HTMLButtonElement>('#pause'),
  find<HTMLButtonElement>('#cancel'),
]

input.addEventListener('change', () => {
  for (const file of input.files ?? []) uppy.addFile({ name: file.name, type: file.type, data: file })
})
pause.addEventListener('click', () => {
  for (const { id } of uppy.getFiles()) uppy.pauseResume(id)
})
cancel.addEventListener('click', () => uppy.cancelAll())

uppy.on('progress', (percent) => {
  find<HTMLProgressElement>('progress').value = percent
})
uppy.on('upload-pause', (_, isPaused) => {
  pause.textContent = isPaused ? 'Resume' : 'Pause'
})
uppy.on('upload-success', (file, { body }) => {
  const item = document.createElement('li')
  item.textContent = `${file?.name} is ${body?.key}`
  find('#sent').append(item)
})
