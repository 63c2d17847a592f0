import { expect } from 'chai';
import fc from 'fast-check';
import { after, before, describe, it } from 'mocha';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { hexDump } from '../../../reactor/simulated/hex-dump.js';
import { toHTML } from '../../../reactor/simulated/trace-html.js';
import { anyHosts, anyTrace } from './arbitrary-trace.js';
import { BUSY_HOSTS, busyTrace } from './busy-trace.js';
import { Browser, CHROMIUM } from './chromium.js';
import { HOSTS, sampleTrace } from './sample-trace.js';

const TAGS = 'html head meta title style body header h1 p ul li main svg g path rect text div ol pre'.split(' ');

/** Checks that elements are closed in order and that there are none but those the page is made of; answers its text. */
function textOf(page: string): string {
  const open: string[] = [];
  let text = '';
  let offset = 0;
  for (const tag of page.matchAll(/<(\/?)([a-z][a-z0-9]*)((?: [a-zA-Z-]+="[^"<>]*")*)(\/?)>|<!doctype html>/g)) {
    const between = page.slice(offset, tag.index);
    expect(between).not.to.match(/[<>]/);
    text += between;
    offset = tag.index + tag[0].length;
    const name = tag[2];
    if (name === undefined) continue;
    expect(TAGS).to.include(name);
    if (tag[1] === '/') expect(open.pop()).to.equal(name);
    else if (tag[4] === '' && name !== 'meta') open.push(name);
  }
  expect(open).to.deep.equal([]);
  expect(page.slice(offset)).to.equal('\n');
  return text.replace(/&#(\d+);/g, (_, code: string) => String.fromCharCode(Number(code)));
}

describe('toHTML', () => {
  const page = toHTML(sampleTrace(), HOSTS);

  it('is one page that loads nothing, runs nothing and says so', () => {
    expect(page).to.match(/^<!doctype html>\n<html lang="en">/);
    expect(page).to.include(
      `http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'"`,
    );
    expect(page).not.to.match(/<script|<link|<img|<iframe|\bon[a-z]+=|\bsrc=|\bhref=|url\(|@import|https?:/i);
  });

  it('is well-formed, whatever the names and bytes are', () => {
    const text = textOf(page);
    expect(text)
      .to.include('<script>document')
      .and.to.include('3 hosts · 54 events · 19 datagrams sent, 9 delivered, 10 lost');
    fc.assert(
      fc.property(anyTrace, anyHosts, (events, hosts) => {
        textOf(toHTML(events, hosts));
      }),
    );
  });

  it('tells everything about a datagram, with its bytes', () => {
    const text = textOf(page);
    expect(text).to.include(`#1  10.0.0.1:5000 > 10.0.0.2:9999
client > server
sent       0.000 s
delivered  0.001 s, 0.001 s after

5 bytes
0000  68 65 6c 6c 6f                                    hello`);
    expect(text).to.include('lost (queue: the queue of the link was full)');
    expect(text).to.include('as sent: 11 bytes\n0000  63 68').and.to.include('as delivered: 11 bytes\n0000  63 68');
    expect(text).to.include('1400 bytes\n0000  78').and.to.include('\n… and 888 more');
  });

  it('says the same in words for readers that speak', () => {
    const labels = [...page.matchAll(/aria-label="([^"]*)"/g)].map(([, label]) =>
      label!.replace(/&#(\d+);/g, (_, code: string) => String.fromCharCode(Number(code))),
    );
    expect(labels).to.include('Hosts: client, server, printer');
    expect(labels).to.include('#1 from client to server, sent 0.000 s, delivered 0.001 s, 5 bytes "hello"');
    expect(labels).to.include('1.000000000 client timer retry');
    expect(labels.filter((label) => label.includes('lost (')).length).to.equal(10);
  });

  it('explains in the legend what occurs, and nothing else', () => {
    const legend = (html: string): string =>
      textOf(html.slice(0, html.indexOf('</ul>')).replace(/^[^]*<ul/, '<ul') + '</ul>\n');
    expect(legend(page)).to.include('lost').and.to.include('host crashed').and.to.include('delivered, but changed');
    expect(
      legend(
        toHTML(
          sampleTrace().filter(({ type }) => type === 'timer'),
          HOSTS,
        ),
      ),
    ).to.equal('timer');
  });

  it('is the same page for the same events', () => {
    expect(toHTML(sampleTrace(), HOSTS)).to.equal(page);
  });
});

describe('hexDump', () => {
  it('shows sixteen bytes to a line', () => {
    expect(hexDump(Buffer.from('0123456789abcdef\0\x7f<é'), 99)).to.equal(
      '0000  30 31 32 33 34 35 36 37  38 39 61 62 63 64 65 66  0123456789abcdef\n' +
        '0010  00 7f 3c c3 a9                                    ..<..',
    );
    expect(hexDump(Buffer.alloc(0), 99)).to.equal('');
    expect(hexDump(Buffer.from('abc'), 2)).to.match(/ab\n… and 1 more$/);
  });
});

interface Box {
  left: number;
  right: number;
  top: number;
  bottom: number;
}

if (CHROMIUM === undefined) {
  describe('the page of a trace in Chromium (no Chromium on this machine: not run)', () => {
    it('is well-formed at least', () => {
      expect(textOf(toHTML(busyTrace(500), BUSY_HOSTS))).to.include('5 hosts · 500 events');
    });
  });
} else {
  const path: string = CHROMIUM;

  describe('the page of a trace in Chromium', function () {
    this.timeout(60000);
    let folder: string;
    let browser: Browser;

    before(async () => {
      folder = mkdtempSync(join(tmpdir(), 'plait-page-'));
      writeFileSync(join(folder, 'sample.html'), toHTML(sampleTrace(), HOSTS));
      writeFileSync(join(folder, 'busy.html'), toHTML(busyTrace(500), BUSY_HOSTS));
      browser = await Browser.start(path, 1280, 900);
    });

    after(async () => {
      await browser.close();
      rmSync(folder, { recursive: true, force: true });
    });

    /** The boxes, in the window, of the elements that a selector finds. */
    function boxes(selector: string): Promise<Box[]> {
      return browser.evaluate(`[...document.querySelectorAll(${JSON.stringify(selector)})].map((element) => {
        const { left, right, top, bottom } = element.getBoundingClientRect();
        return { left, right, top, bottom };
      })`);
    }

    function texts(selector: string): Promise<string[]> {
      return browser.evaluate(
        `[...document.querySelectorAll(${JSON.stringify(selector)})].map((element) => element.textContent)`,
      );
    }

    /** The panels that can be seen. */
    function details(): Promise<string[]> {
      return browser.evaluate(`[...document.querySelectorAll('.detail')]
        .filter((element) => element.checkVisibility()).map((element) => element.textContent)`);
    }

    /** A point on the arrow of a datagram, half way. */
    async function middleOf(id: number): Promise<[x: number, y: number]> {
      await browser.evaluate(`document.querySelector('[data-id="${id}"] .way').scrollIntoView({ block: 'center' })`);
      const [way] = await boxes(`[data-id="${id}"] .way`);
      return [(way!.left + way!.right) / 2, (way!.top + way!.bottom) / 2];
    }

    it('shows a column for each host, under its name', async () => {
      await browser.open(join(folder, 'sample.html'));
      expect(await texts('.host text')).to.deep.equal(HOSTS);
      const names = await boxes('.host rect');
      const lives = await boxes('.lives .up');
      expect(lives.length).to.equal(4);
      for (const [i, life] of [0, 1, 3].entries()) {
        expect(lives[life]!.left).to.be.closeTo((names[i]!.left + names[i]!.right) / 2, 1);
        expect(lives[life]!.top).to.be.closeTo(names[i]!.bottom, 10);
      }
      expect(names[0]!.right < names[1]!.left && names[1]!.right < names[2]!.left).to.equal(true);
    });

    it('shows datagrams as arrows slanting from host to host, with a head where they arrive', async () => {
      await browser.open(join(folder, 'sample.html'));
      const [client, server, , printer] = await boxes('.lives .up');
      for (const [id, from, to] of [
        [1, client, server],
        [2, client, printer],
        [9, client, printer],
      ] as const) {
        const [way] = await boxes(`[data-id="${id}"] .way`);
        expect(way!.left).to.be.closeTo(from!.left, 1.5);
        expect(way!.right).to.be.closeTo(to!.left, 1.5);
        expect(way!.bottom - way!.top).to.be.greaterThan(20);
        const [head] = await boxes(`[data-id="${id}"] .head`);
        expect(head!.right).to.be.closeTo(to!.left, 1.5);
        expect(head!.bottom).to.be.closeTo(way!.bottom, 6);
      }
      const [answer] = await boxes('[data-id="3"] .head');
      expect(answer!.left).to.be.closeTo(client!.left, 1.5);
      expect((await boxes('.chart .delivered .way')).length).to.equal(7);
    });

    it('marks each loss with a cross and its reason beside it', async () => {
      await browser.open(join(folder, 'sample.html'));
      const crosses = await boxes('.chart .cross');
      const reasons = await boxes('.chart .mark.lost text:not(.bytes)');
      expect((await texts('.chart .mark.lost text:not(.bytes)')).map((text) => text.slice(6))).to.deep.equal([
        ...['loss', 'mtu', 'queue', 'partition', 'refused', 'host-down', 'no-host', 'unreachable', 'broadcast'],
        'no-member',
      ]);
      expect(crosses.length).to.equal(10);
      crosses.forEach((cross, i) => {
        expect(reasons[i]!.left).to.be.within(cross.right - 1, cross.right + 12);
        expect((reasons[i]!.top + reasons[i]!.bottom) / 2).to.be.closeTo((cross.top + cross.bottom) / 2, 4);
      });
    });

    it('runs time downwards and writes the pauses down', async () => {
      await browser.open(join(folder, 'sample.html'));
      const times = await texts('.ticks text');
      expect(times.map(Number)).to.deep.equal([...new Set(sampleTrace().map(({ time }) => time))]);
      const ticks = await boxes('.ticks text');
      ticks.forEach(({ top }, i) => expect(top).to.be.greaterThan(ticks[i - 1]?.bottom ?? 0));
      expect(await texts('.gaps text')).to.include('+0.500');
    });

    it('shows all about a datagram with its bytes while the pointer is on its arrow', async () => {
      await browser.open(join(folder, 'sample.html'));
      expect(await details()).to.deep.equal([]);
      await browser.hover(...(await middleOf(4)));
      const [shown, ...others] = await details();
      expect(others).to.deep.equal([]);
      expect(shown).to.include('#4  10.0.0.1:5000 > 10.0.0.2:9999').and.to.include('63 68 65 63 6b 73 75 6d  20 6d 45');
      const panel = (await boxes('li:hover .detail'))[0]!;
      expect(panel.left).to.be.least(0);
      expect(panel.right).to.be.most(1280);
      expect(panel.bottom).to.be.most(900);
      await browser.hover(2, 2);
      expect(await details()).to.deep.equal([]);
    });

    it('keeps it open after a click', async () => {
      await browser.open(join(folder, 'sample.html'));
      await browser.click(...(await middleOf(10)));
      await browser.hover(2, 2);
      const shown = await details();
      expect(shown.length).to.equal(1);
      expect(shown[0]).to.include('lost (refused: nobody listens at that port)');
    });

    it('reaches each event by the Tab key', async () => {
      await browser.open(join(folder, 'sample.html'));
      await browser.hover(2, 2);
      const seen: string[] = [];
      for (let i = 0; i < 6; i++) {
        await browser.pressTab();
        seen.push(...(await details()).map((text) => text.split('\n')[0]!));
      }
      expect(seen).to.deep.equal([
        '0.000000000  client    opened     10.0.0.1:5000',
        '0.000000000  server    opened     10.0.0.2:9999',
        '0.000000000  server    joined     10.0.0.2:9999  239.1.2.3',
        '0.000000000  printer   joined     [fd00::3]:515  ff02::114 from fd00::1',
        '#1  10.0.0.1:5000 > 10.0.0.2:9999',
        '#2  [fd00::1]:5001 > [fd00::3]:515',
      ]);
    });

    it('has a name for each event where the browser tells readers of the page', async () => {
      await browser.open(join(folder, 'sample.html'));
      const { nodes } = await browser.send<{ nodes: Record<'role' | 'name', { value: string }>[] }>(
        'Accessibility.getFullAXTree',
      );
      const images = nodes.filter((node) => node.role?.value === 'image').map((node) => node.name.value);
      expect(images).to.include('Hosts: client, server, printer');
      expect(images).to.include('#1 from client to server, sent 0.000 s, delivered 0.001 s, 5 bytes "hello"');
      expect(images.length).to.equal((await texts('.events li')).length + 1);
    });

    it('keeps the names in sight when scrolled', async () => {
      await browser.open(join(folder, 'busy.html'));
      await browser.evaluate('scrollTo(0, 3000)');
      for (const { top } of await boxes('.host rect')) expect(top).to.be.within(0, 12);
    });

    it('shows five hundred events without one label upon another, within the width of the window', async () => {
      await browser.open(join(folder, 'busy.html'));
      expect(await texts('.host text')).to.deep.equal(BUSY_HOSTS);
      const labels = await boxes('.chart .mark text');
      labels.sort((a, b) => a.top - b.top);
      labels.forEach((a, i) => {
        for (const b of labels.slice(i + 1, i + 4)) {
          expect(b.top >= a.bottom - 3 || b.left >= a.right || b.right <= a.left).to.equal(true);
        }
      });
      expect(await browser.evaluate('document.documentElement.scrollWidth')).to.equal(1280);
      const arrows = await boxes('.chart .delivered .head');
      expect(arrows.length).to.equal(busyTrace(500).filter(({ type }) => type === 'delivered').length);
    });

    it('is dark where the reader prefers that, and light otherwise', async () => {
      await browser.open(join(folder, 'sample.html'));
      const colors = `[document.body, document.querySelector('h1')].map((element) => {
        const style = getComputedStyle(element);
        return (element === document.body ? style.backgroundColor : style.color).match(/\\d+/g).map(Number);
      })`;
      const lightness = ([paper, ink]: number[][]): boolean => paper![0]! > ink![0]!;
      await browser.prefer('light');
      expect(lightness(await browser.evaluate(colors))).to.equal(true);
      await browser.prefer('dark');
      expect(lightness(await browser.evaluate(colors))).to.equal(false);
    });

    it('runs no script, not even one that a datagram carries, and loads nothing', async () => {
      await browser.open(join(folder, 'sample.html'));
      expect(await browser.evaluate('document.title')).to.equal('Trace of a simulated network');
      expect(await browser.evaluate('document.scripts.length')).to.equal(0);
      expect(await browser.evaluate(`performance.getEntriesByType('resource').length`)).to.equal(0);
      expect((await texts('.detail')).some((text) => text.includes('<script>document'))).to.equal(true);
      expect(browser.log).to.deep.equal([]);
    });
  });
}
