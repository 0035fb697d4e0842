import util from "node:util";

// cdktf asks util.isArray about every output that is an object, of which Node.js warns from version 22 on. What Node.js
// asks to use instead answers the same.
Object.assign(util, { isArray: Array.isArray });
