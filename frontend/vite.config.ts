import tailwindcss from '@tailwindcss/vite'
import { defineConfig } from 'vitest/config'

// The Host header stays unchanged, because the API compares it with the Origin.
const api = { target: process.env.QUEUECTL_URL ?? 'http://127.0.0.1:8000' }

export default defineConfig({
  plugins: [tailwindcss()],
  esbuild: { jsx: 'automatic' },
  build: {
    target: 'es2022',
    assetsInlineLimit: 0,
    rollupOptions: {
      onwarn: (warning, warn) => {
        // Directives such as 'use client' are meant for servers only.
        if (warning.code !== 'MODULE_LEVEL_DIRECTIVE') warn(warning)
      },
    },
  },
  server: { proxy: { '/api': api, '/healthz': api } },
  test: { include: ['src/**/*.test.ts'] },
})
