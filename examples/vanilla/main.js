import { createClient } from 'partway/browser'
import 'partway/element'

const API = new URLSearchParams(location.search).get('api') ?? 'http://localhost:8080'

// 1. The element shows and does everything by itself, and tells what happens.

const element = document.querySelector('partway-upload')
element.setAttribute('endpoint', API)
element.addEventListener('partway-done', ({ detail: { name, key } }) => {
  const item = document.createElement('li')
  item.textContent = `${name} is ${key}`
  document.querySelector('#sent').append(item)
})

// 2. The engine has no looks: bar, button and sentence are the page's own.

const client = createClient({ url: API })
const form = document.querySelector('form')
const [pause, bar, sentence] = ['#pause', 'progress', '#sentence'].map((name) => form.querySelector(name))
let upload

form.addEventListener('submit', async (event) => {
  event.preventDefault()
  const film = new FormData(form).get('film')
  upload = client.upload(film)
  upload.on('progress', draw)
  upload.on('state', draw)
  try {
    const { key } = await upload.result
    sentence.textContent = `${film.name} is ${key}`
  } catch (error) {
    // What has arrived is kept: the same file, sent once more, goes on from there.
    sentence.textContent = error.message
  }
})

pause.addEventListener('click', () => {
  if (upload?.snapshot().state === 'paused') upload.resume()
  else upload?.pause()
})

function draw() {
  const { state, bytesSent, size, eta } = upload.snapshot()
  bar.value = size > 0 ? bytesSent / size : 0
  pause.textContent = state === 'paused' ? 'Resume' : 'Pause'
  const isMoving = state === 'uploading' && eta !== undefined
  sentence.textContent = isMoving ? `${state}, ${Math.ceil(eta)} s left` : state
}
