// The rights of files that several users share on purpose, for a file or folder that leptir creates beside them.
#pragma once

#include <sys/stat.h>

#include <string>

namespace leptir::base {

// When root creates a file beside a file of another user, that user must be able to use both: gives `descriptor` the
// owner (if we are root), the group (if permitted) and the group permissions of `model`. Best effort.
void copyOwnerAndGroupAccess(int descriptor, const struct stat& model);

// Copies the group and its permissions only; `descriptor` keeps its owner.
void copyGroupAccess(int descriptor, const struct stat& model);

// Gives the socket file `name`, which this process has just made in `folder` (a descriptor), the owner (if we are
// root), the group (if permitted) and the group's rights of the folder. Leaves any other file alone that has the name
// by now: in a folder of another user it may be a symbolic link to a file of root. Best effort.
void shareNewSocketFile(int folder, const std::string& name);

}  // namespace leptir::base
