# The image that docker-compose.yml builds: `docker build -t tidegate .`
FROM node:24-bookworm-slim AS build
WORKDIR /app
COPY package.json package-lock.json ./
RUN npm ci --no-audit --no-fund
COPY . .
RUN npm run build && npm prune --omit=dev

FROM node:24-bookworm-slim
ENV NODE_ENV=production \
    TIDEGATE_PROXY_LISTEN=0.0.0.0:8000 \
    TIDEGATE_ADMIN_LISTEN=0.0.0.0:8001 \
    TIDEGATE_STATUS_LISTEN=0.0.0.0:8100 \
    TIDEGATE_CONFIG=/etc/tidegate/tidegate.yaml \
    TIDEGATE_DATA_DIR=/var/lib/tidegate
WORKDIR /app
COPY --from=build /app/package.json ./
COPY --from=build /app/node_modules ./node_modules
COPY --from=build /app/dist ./dist
COPY tidegate.yaml /etc/tidegate/tidegate.yaml
RUN mkdir -p /var/lib/tidegate && chown node:node /var/lib/tidegate
USER node
VOLUME /var/lib/tidegate
EXPOSE 8000 8001 8100
HEALTHCHECK --interval=5s --timeout=3s --start-period=10s \
  CMD ["node", "-e", "fetch('http://127.0.0.1:8100/status/ready').then((r) => process.exit(r.ok ? 0 : 1), () => process.exit(1))"]
# Without a shell in between, so that SIGTERM reaches the gateway and running exchanges are finished.
CMD ["node", "dist/apps/gateway/src/main.js", "start"]
