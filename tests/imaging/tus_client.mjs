// A program that uploads what comes on its standard input with tus-js-client as it is.
import { Upload } from "tus-js-client";

const told = JSON.parse(process.argv[2]);
const parts = [];
for await (const part of process.stdin) parts.push(part);

await new Promise((resolve, reject) => {
  const upload = new Upload(Buffer.concat(parts), {
    endpoint: told.endpoint,
    headers: { Authorization: `Bearer ${told.bearer}` },
    metadata: told.metadata,
    chunkSize: told.chunkSize,
    uploadDataDuringCreation: told.atOnce ?? false,
    retryDelays: [0, 100, 100, 200, 200, 500, 500, 1000],
    onSuccess: resolve,
    onError: reject,
    onChunkComplete: (_size, accepted) => {
      if (told.endAfter && accepted >= told.endAfter) upload.abort(true).then(resolve, reject);
    },
  });
  upload.start();
});
