// A socket on which a server accepts connections.
#pragma once

#include "base/listen_address.h"
#include "base/unique_fd.h"
#include "leptir/result.h"

namespace leptir::web {

// Listens at the address; of a host name at the first of its addresses that is one of this machine. "[::]" takes
// connections by IPv4, too. A Unix socket is for its owner and its group (mode 0660); the file of a server that is gone
// is replaced. Unavailable: the address is in use, belongs to another machine, or may not be used by this process; the
// message names the address, and says what to do.
Result<base::UniqueFd> listenAt(const base::ListenAddress& address);

}  // namespace leptir::web
