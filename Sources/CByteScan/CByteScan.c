// The header says it all; a package target needs a source file.
#include "CByteScan.h"
