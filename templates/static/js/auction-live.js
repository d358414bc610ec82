// The public page of an auction, and the screen in the hall: they follow it, and no more.
import { follow } from "./hammer.js";

follow();
