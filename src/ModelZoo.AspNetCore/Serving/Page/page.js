'use strict';
// Texts of the server and of files are shown by textContent alone.
const at = id => document.getElementById(id);
const Kept = 12; // pictures in the strip
const answers = []; // the newest first: { file, url, result, model, explained, seconds }
let shown = null;
let key = sessionStorage.getItem('zoo-key') ?? '';
let models = [];
let camera = null;

const headers = () => key ? { 'X-Api-Key': key } : {};
const percent = p => (100 * p).toFixed(p > 0.0995 ? 1 : 2) + ' %';

// An answer is on the page anyway: a screen reader alone is told of it.
function say(text, error = false, heard = false) {
  at('status').textContent = text;
  at('status').classList.toggle('heard', heard);
  at('status').classList.toggle('error', error);
}

async function ask(path, options = {}) {
  let reply;
  try {
    reply = await fetch(path, { ...options, headers: { ...headers(), ...options.headers } });
  } catch {
    throw new Error('The server does not answer. Is it still running?');
  }
  if (reply.status === 401) {
    at('key-line').hidden = false;
    at('key').focus();
    throw new Error('The server asks for its key.');
  }
  if (!reply.ok) {
    const problem = await reply.json().catch(() => ({}));
    const wait = reply.headers.get('Retry-After');
    throw new Error((problem.detail ?? problem.title ?? 'Error ' + reply.status) + (wait ? ` Try again in ${wait} s.` : ''));
  }
  return reply;
}

async function loadModels() {
  models = (await (await ask('v1/models')).json()).models;
  at('key-line').hidden = true;
  at('model').replaceChildren(...models.map(m => new Option(m.name, m.name)));
  describeModel();
}

function describeModel() {
  const m = models.find(one => one.name === at('model').value);
  at('about').textContent = m
    ? `${m.architecture}, ${m.labels.length} ${m.task === 'regression' ? 'output' : 'labels'}, ${m.input.height}×${m.input.width}, version ${m.version}`
      + (m.calibrated ? ', says when it does not know' : '')
    : '';
}

async function classify(files) {
  for (const file of files) {
    if (file.type && !file.type.startsWith('image/')) {
      say(`${file.name} is no picture.`, true);
      continue;
    }
    const model = at('model').value;
    say(`Looking at ${file.name} …`);
    const begin = performance.now();
    try {
      const reply = await ask(`v1/models/${encodeURIComponent(model)}/predict?top=5`,
        { method: 'POST', body: file, headers: { 'Content-Type': 'application/octet-stream' } });
      const result = (await reply.json()).results[0];
      answers.unshift({ file, url: URL.createObjectURL(file), result, model, explained: null, seconds: (performance.now() - begin) / 1000 });
      for (const old of answers.splice(Kept)) {
        URL.revokeObjectURL(old.url);
        if (old.explained) URL.revokeObjectURL(old.explained);
      }
      show(answers[0]);
      say(headline(answers[0]), false, true);
    } catch (error) {
      say(`${file.name}: ${error.message}`, true);
    }
  }
}

function headline({ result }) {
  const first = result.predictions[0];
  if (result.unknown) return `Unknown: ${result.unknown}`;
  if (!first) return 'No label';
  if (first.value !== null) return `${first.label}: ${first.value.toPrecision(5)}`;
  const there = result.predictions.filter(p => p.isThere).map(p => p.label);
  return first.isThere === null ? `${first.label}, ${percent(first.probability)}` : there.length ? there.join(', ') : 'None of the labels';
}

function show(answer) {
  shown = answer;
  at('answer').hidden = false;
  at('picture').src = answer.url;
  at('picture').alt = `${answer.file.name}: ${headline(answer)}`;
  at('headline').textContent = headline(answer);
  at('why').setAttribute('aria-pressed', 'false');
  at('why-note').textContent = '';
  at('bars').replaceChildren(...answer.result.predictions.filter(p => p.probability !== null).map(bar));
  at('maybe').hidden = !answer.result.mayBe;
  at('maybe').textContent = answer.result.mayBe ? `At the promised error rate it may be: ${answer.result.mayBe.join(', ') || 'none of the classes'}.` : '';
  at('timing').textContent = `${answer.file.name}, answered by ${answer.model} in ${Math.round(1000 * answer.seconds)} ms`;
  at('strip').replaceChildren(...answers.map(thumbnail));
}

function bar(p) {
  const item = document.createElement('li');
  const name = document.createElement('div');
  const label = document.createElement('span');
  const share = document.createElement('span');
  const track = document.createElement('div');
  const fill = document.createElement('div');
  [name.className, track.className, fill.className] = ['name', 'track', 'fill'];
  item.classList.toggle('absent', p.isThere === false);
  label.textContent = p.label;
  share.textContent = percent(p.probability);
  track.setAttribute('aria-hidden', 'true');
  fill.style.width = `${100 * p.probability}%`;
  name.append(label, share);
  track.append(fill);
  item.append(name, track);
  return item;
}

function thumbnail(answer) {
  const item = document.createElement('li');
  const button = document.createElement('button');
  const image = new Image();
  const text = document.createElement('span');
  image.src = answer.url;
  image.alt = '';
  text.textContent = headline(answer);
  button.title = `${answer.file.name}: ${headline(answer)}`;
  button.append(image, text);
  button.setAttribute('aria-current', answer === shown);
  button.addEventListener('click', () => show(answer));
  item.append(button);
  return item;
}

async function explain() {
  const answer = shown;
  const on = at('why').getAttribute('aria-pressed') !== 'true';
  at('why').setAttribute('aria-pressed', on);
  at('why-note').textContent = '';
  if (!on) {
    at('picture').src = answer.url;
    return;
  }
  try {
    if (!answer.explained) {
      at('why-note').textContent = 'Looking …';
      const reply = await ask(`v1/models/${encodeURIComponent(answer.model)}/explain`,
        { method: 'POST', body: answer.file, headers: { 'Content-Type': 'application/octet-stream' } });
      answer.explained = URL.createObjectURL(await reply.blob());
    }
    if (answer === shown && at('why').getAttribute('aria-pressed') === 'true') {
      at('picture').src = answer.explained;
      at('why-note').textContent = 'Yellow: what counts most for its answer (Grad-CAM); dim: what the network does not see.';
    }
  } catch (error) {
    if (answer === shown) {
      at('why').setAttribute('aria-pressed', 'false');
      at('why-note').textContent = error.message;
    }
  }
}

async function openCamera() {
  try {
    camera = await navigator.mediaDevices.getUserMedia({ video: { facingMode: 'environment' } });
    at('video').srcObject = camera;
    at('live').hidden = false;
    await at('video').play();
    at('take').focus();
  } catch {
    say(window.isSecureContext ? 'There is no camera, or it may not be used.' : 'Browsers allow the camera over https and on localhost only.', true);
  }
}

function closeCamera() {
  camera?.getTracks().forEach(track => track.stop());
  camera = null;
  at('live').hidden = true;
}

async function takePicture() {
  const video = at('video');
  const canvas = document.createElement('canvas');
  [canvas.width, canvas.height] = [video.videoWidth, video.videoHeight];
  canvas.getContext('2d').drawImage(video, 0, 0);
  const blob = await new Promise(done => canvas.toBlob(done, 'image/jpeg', 0.95));
  await classify([new File([blob], 'camera.jpg', { type: 'image/jpeg' })]);
}

at('choose').addEventListener('click', () => at('file').click());
at('file').addEventListener('change', () => { classify([...at('file').files]); at('file').value = ''; });
at('camera').addEventListener('click', openCamera);
at('take').addEventListener('click', takePicture);
at('stop').addEventListener('click', closeCamera);
at('why').addEventListener('click', explain);
at('model').addEventListener('change', describeModel);
at('use-key').addEventListener('click', () => {
  key = at('key').value;
  sessionStorage.setItem('zoo-key', key);
  loadModels().then(() => say(''), error => say(error.message, true));
});
for (const kind of ['dragover', 'dragleave', 'drop']) {
  document.addEventListener(kind, event => {
    event.preventDefault();
    at('drop').classList.toggle('over', kind === 'dragover');
    if (kind === 'drop') classify([...event.dataTransfer.files]);
  });
}
document.addEventListener('paste', event => {
  const files = [...event.clipboardData.files];
  if (files.length) classify(files);
});
loadModels().catch(error => say(error.message, true));
