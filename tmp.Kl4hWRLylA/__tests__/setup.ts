import "cdktf/lib/testing/adapters/jest";
import { Testing } from "cdktf";
import { forgetTokenStacks } from "../synth/token-stacks";

Testing.setupJest();
forgetTokenStacks();
