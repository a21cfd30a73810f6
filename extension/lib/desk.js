// The one address of the desk that this extension was built for; empty: the app on this machine. `tools/extension
// --desk` writes it, and nothing else does: the content policy of such a build allows that address alone.
export const DESK = "";
