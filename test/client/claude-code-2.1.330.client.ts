import { playAll } from './play-all.js';

playAll('2.1.330');
