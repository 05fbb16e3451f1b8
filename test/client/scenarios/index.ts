import type { Scenario } from '../harness/scenario.js';
import { agents } from './agents.js';
import { answers } from './answers.js';
import { endpoints } from './endpoints.js';
import { errors } from './errors.js';
import { mcp } from './mcp.js';
import { media } from './media.js';
import { responses } from './responses.js';
import { sessions } from './sessions.js';
import { streams } from './streams.js';
import { thinking } from './thinking.js';
import { toolLoops } from './tool-loops.js';
import { tools } from './tools.js';
import { web } from './web.js';

export const scenarios: readonly Scenario[] = [
  ...answers,
  ...tools,
  ...toolLoops,
  ...agents,
  ...web,
  ...mcp,
  ...media,
  ...thinking,
  ...sessions,
  ...endpoints,
  ...errors,
  ...streams,
  ...responses,
];
