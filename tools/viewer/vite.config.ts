import { createHash } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import { defineConfig, type Plugin } from 'vite';
import { viteSingleFile } from 'vite-plugin-singlefile';

const sources = (html: string, tag: string): string => {
  const inline = [...html.matchAll(new RegExp(`<${tag}(?![^>]*text/plain)[^>]*>([\\s\\S]*?)</${tag}>`, 'g'))];
  return inline.map((found) => `'sha256-${createHash('sha256').update(found[1]).digest('base64')}'`).join(' ');
};

// The page may run its own script, use its own style, and nothing else: no network, no frames, nothing from the trace.
const contentSecurityPolicy = (): Plugin => ({
  name: 'content-security-policy',
  writeBundle({ dir }) {
    const path = `${dir}/index.html`;
    const html = readFileSync(path, 'utf8');
    const policy = `default-src 'none'; script-src ${sources(html, 'script')}; style-src ${sources(html, 'style')}; base-uri 'none'; form-action 'none'`;
    writeFileSync(path, html.replace('@@POLICY@@', policy));
  },
});

export default defineConfig({
  plugins: [viteSingleFile({ removeViteModuleLoader: true }), contentSecurityPolicy()],
  build: { target: 'es2023', modulePreload: false },
});
