
import { LocalBackend, TerraformStack } from "cdktf";
import { S3Backend } from "cdktf/lib/backends/s3-backend";
import { File } from "@cdktf/provider-local/lib/file";
import { LocalProvider } from "@cdktf/provider-local/lib/provider";
import { StrictApp } from "./constructs";
const app = new StrictApp();
const stack = new TerraformStack(app, "two");
new S3Backend(stack, { bucket: 'b', key: 'k', secretKey: 'hidden' });
app.synth();
