/** What is needed before any page: one request for the four areas that are always on. */
import home from './home.ts';
import problems from './problems.ts';
import session from './session.ts';
import shell from './shell.ts';

export default { ...shell, ...session, ...problems, ...home };
