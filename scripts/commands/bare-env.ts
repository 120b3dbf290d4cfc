/** What a command started by a test sees of the environment: nothing of the person's who runs the tests. */
const { PATH = '', NODE_COMPILE_CACHE } = process.env;
export const bareEnv: NodeJS.ProcessEnv = { PATH, ...(NODE_COMPILE_CACHE && { NODE_COMPILE_CACHE }) };
