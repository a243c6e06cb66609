// Checks headers that a configuration adds to requests.
#pragma once

#include <string>
#include <string_view>

namespace leptir::http {

// Why a request cannot have this header, as the end of a sentence: "has 'a b', which is no name of a header". Empty: it
// can. The text never has the value, which may be secret.
std::string complaintAboutHeader(std::string_view name, std::string_view value);

}  // namespace leptir::http
