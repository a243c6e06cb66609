// Turns arguments of the functions in leptir/c.h into values of leptir. All errors are Invalid and name the argument.
#pragma once

#include <string>

#include "leptir/broker.h"
#include "leptir/c.h"

namespace leptir::c_api {

// "`name` is null".
Error nullArgument(const char* name);

// `options` may be null, and may come from a program that was compiled with a header that has fewer or more fields:
// fields that it lacks have their defaults; a field that this library lacks must be zero, since ignoring it would do
// something else than the caller asked for.
Result<PushOptions> toPushOptions(const leptir_push_options* options);

Result<TaskToPush> toTask(const leptir_task& task);

// Invalid: no number from 0 to 1e11. `name` is that of the argument.
Result<Duration> toDuration(double seconds, const char* name);

// Copies the id into a buffer of LEPTIR_ID_SIZE bytes. Null is allowed.
void copyId(const std::string& id, char* buffer);

// A copy that leptir_free frees.
char* copyText(const std::string& text);

}  // namespace leptir::c_api
