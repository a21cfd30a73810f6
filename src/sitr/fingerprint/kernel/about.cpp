// Which sources this library was made from: the loader uses it only with exactly those.
#include "common.h"

#ifndef SITR_SOURCES
#define SITR_SOURCES ""
#endif

SITR const char* sitr_sources() { return SITR_SOURCES; }
