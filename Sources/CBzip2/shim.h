#include <stddef.h>
#include <stdio.h>
#include <bzlib.h>
