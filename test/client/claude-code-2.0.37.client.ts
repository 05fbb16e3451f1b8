import { playAll } from './play-all.js';

playAll('2.0.37');
