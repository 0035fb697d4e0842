export = (): never => {
  throw new Error("an asset that is a zip file needs the real archiver: see jest.config.js");
};
