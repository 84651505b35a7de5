import { type ChildProcess, spawn } from 'node:child_process';
import { join } from 'node:path';
import type { Readable, Writable } from 'node:stream';
import { pathToFileURL } from 'node:url';

type Params = Readonly<Record<string, unknown>>;

interface Message {
  readonly id?: number;
  readonly method?: string;
  readonly params?: Params;
  readonly sessionId?: string;
  readonly result?: Params;
  readonly error?: { readonly message: string };
}

interface Waiting {
  readonly done: (result: Params) => void;
  readonly failed: (error: Error) => void;
}

/** Something that the page did which a report may not do: asked a network, broke its policy, wrote to the console, opened a dialog. */
interface Complaint {
  readonly kind: 'request' | 'console' | 'log' | 'dialog' | 'exception';
  readonly text: string;
}

/** What a page is seen as. */
interface View {
  readonly scheme?: 'light' | 'dark';
  readonly width?: number;
  readonly height?: number;
}

/** The document itself, and what is in it. */
const isOwn = (url: string): boolean => url.startsWith('file://') || url.startsWith('data:') || url.startsWith('blob:');

/** A page in a headless Chromium, driven over its pipe. State: what was asked, and what the page did unasked. */
export class Browser {
  readonly complaints: Complaint[] = [];
  readonly #process: ChildProcess;
  readonly #into: Writable;
  readonly #waiting = new Map<number, Waiting>();
  readonly #heard = new Map<string, () => void>();
  #session: string | undefined;
  #last = 0;
  #text = '';

  /** `place` is a directory of its own, where the browser keeps all that it writes. */
  constructor(place: string) {
    const flags = [
      '--headless',
      '--no-sandbox',
      '--disable-gpu',
      '--disable-dev-shm-usage',
      '--no-first-run',
      '--hide-scrollbars',
    ];
    const own = [
      `--user-data-dir=${join(place, 'profile')}`,
      '--disable-background-networking',
      '--remote-debugging-pipe',
    ];
    const stdio = ['ignore', 'ignore', 'ignore', 'pipe', 'pipe'] as const;
    this.#process = spawn('chromium', [...flags, ...own, 'about:blank'], {
      stdio: [...stdio],
      env: { ...process.env, HOME: place },
    });
    this.#into = this.#process.stdio[3] as Writable;
    const out = this.#process.stdio[4] as Readable;
    out.setEncoding('utf8');
    out.on('data', (text: string) => this.#read(text));
    this.#into.on('error', () => undefined);
    this.#process.on('exit', code => {
      for (const { failed } of this.#waiting.values()) failed(new Error(`chromium ended with ${code}`));
    });
  }

  /** Opens a file and waits until it is there. */
  async open(file: string, view: View = {}): Promise<void> {
    if (this.#session === undefined) await this.#attach();
    await this.see(view);
    const loaded = new Promise<void>(resolve => this.#heard.set('Page.loadEventFired', resolve));
    await this.send('Page.navigate', { url: pathToFileURL(file).href });
    await loaded;
    await this.settled();
  }

  /** How the page is seen from now on. */
  async see({ scheme = 'light', width = 1280, height = 900 }: View): Promise<void> {
    const features = [{ name: 'prefers-color-scheme', value: scheme }];
    await this.send('Emulation.setEmulatedMedia', { features });
    await this.send('Emulation.setDeviceMetricsOverride', { width, height, deviceScaleFactor: 1, mobile: width < 600 });
  }

  /** Waits until what is to be drawn has been drawn. */
  async settled(): Promise<void> {
    const frames =
      'new Promise(done => requestAnimationFrame(() => requestAnimationFrame(() => setTimeout(done, 30))))';
    await this.evaluate(frames);
  }

  /** What an expression comes to in the page. */
  async evaluate(expression: string): Promise<unknown> {
    const answer = await this.send('Runtime.evaluate', { expression, awaitPromise: true, returnByValue: true });
    const { result, exceptionDetails } = answer as { result?: { value?: unknown }; exceptionDetails?: object };
    if (exceptionDetails !== undefined) throw new Error(JSON.stringify(exceptionDetails));
    return result?.value;
  }

  /** Presses a key, or types a text a key after the other. */
  async press(...keys: readonly string[]): Promise<void> {
    for (const key of keys) {
      const text = key.length === 1 ? key : key === 'Enter' ? '\r' : undefined;
      const code = { Enter: 13, Escape: 27, ArrowLeft: 37, ArrowUp: 38, ArrowRight: 39, ArrowDown: 40, Tab: 9 }[key];
      const event = {
        key,
        ...(code === undefined ? {} : { windowsVirtualKeyCode: code }),
        ...(text === undefined ? {} : { text }),
      };
      await this.send('Input.dispatchKeyEvent', { type: text === undefined ? 'rawKeyDown' : 'keyDown', ...event });
      await this.send('Input.dispatchKeyEvent', { type: 'keyUp', ...event });
    }
    await this.settled();
  }

  async print(): Promise<Uint8Array> {
    const { data } = await this.send('Page.printToPDF', { printBackground: false });
    return Buffer.from(String(data), 'base64');
  }

  /** Asks what the protocol has a name for. */
  send(method: string, params: Params = {}): Promise<Params> {
    const id = ++this.#last;
    const session = this.#session === undefined ? {} : { sessionId: this.#session };
    this.#into.write(`${JSON.stringify({ id, method, params, ...session })}\0`);
    return new Promise((done, failed) => this.#waiting.set(id, { done, failed }));
  }

  async close(): Promise<void> {
    const gone = new Promise(resolve => this.#process.once('exit', resolve));
    this.#process.kill('SIGKILL');
    await gone;
  }

  async #attach(): Promise<void> {
    const { targetInfos } = await this.send('Target.getTargets');
    const page = (targetInfos as readonly { type: string; targetId: string }[]).find(({ type }) => type === 'page');
    const { sessionId } = await this.send('Target.attachToTarget', { targetId: page?.targetId, flatten: true });
    this.#session = String(sessionId);
    for (const domain of ['Page', 'Runtime', 'Network', 'Log', 'Audits']) await this.send(`${domain}.enable`);
  }

  #read(text: string): void {
    const parts = `${this.#text}${text}`.split('\0');
    this.#text = parts.pop() ?? '';
    for (const part of parts) this.#hear(JSON.parse(part) as Message);
  }

  #hear({ id, method, params = {}, result, error }: Message): void {
    if (id !== undefined) {
      const waiting = this.#waiting.get(id);
      this.#waiting.delete(id);
      if (error === undefined) waiting?.done(result ?? {});
      else waiting?.failed(new Error(error.message));
      return;
    }
    if (method === undefined) return;
    this.#heard.get(method)?.();
    const complaint = complaintOf(method, params);
    if (complaint !== undefined) this.complaints.push(complaint);
    if (method === 'Page.javascriptDialogOpening') void this.send('Page.handleJavaScriptDialog', { accept: false });
  }
}

function complaintOf(method: string, params: Params): Complaint | undefined {
  const text = JSON.stringify(params);
  switch (method) {
    case 'Network.requestWillBeSent': {
      const { url } = params['request'] as { readonly url: string };
      return isOwn(url) ? undefined : { kind: 'request', text: url };
    }
    case 'Runtime.consoleAPICalled':
      return { kind: 'console', text };
    case 'Runtime.exceptionThrown':
      return { kind: 'exception', text };
    case 'Log.entryAdded':
    case 'Audits.issueAdded':
      return { kind: 'log', text };
    case 'Page.javascriptDialogOpening':
      return { kind: 'dialog', text };
    default:
      return undefined;
  }
}
