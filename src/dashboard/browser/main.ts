// What the page loads.

import './charts/spark-line.ts';
import './charts/time-chart.ts';
import { App } from './app.ts';

new App().start();
