import "cdktf/lib/testing/adapters/jest";
import { Testing } from "cdktf";
import { forgetTokenStacks } from "../constructs/token-stacks";

Testing.setupJest();
forgetTokenStacks();
