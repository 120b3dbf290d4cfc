/** Starts the console: theme and words first, so that the first paint is already right. */
import { mount } from 'svelte';
import App from './App.svelte';
import { startLanguage } from './i18n/words.svelte.ts';
import { refreshSession } from './session/session.svelte.ts';
import { startTheme } from './shell/theme.svelte.ts';
import './ui/tokens.css';
import './ui/base.css';

startTheme();
// Who is here is asked while the words are on their way.
void refreshSession();
await startLanguage();

const target = document.getElementById('app');
if (!target) throw new Error('index.html has no #app');
target.replaceChildren();
mount(App, { target });
