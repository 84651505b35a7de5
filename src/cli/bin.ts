import { main } from './main.ts';
import { runProcess } from './process.ts';

void runProcess(main);
