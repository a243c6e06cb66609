// Reads the header `Accept`: which of the forms that a page has does a client prefer?
#pragma once

#include <span>
#include <string>
#include <string_view>

namespace leptir::web {

// A form that a page has: "application/openmetrics-text" in version "1.0.0".
struct MediaType {
  std::string_view type;       // in lower case, without parameters
  std::string_view version{};  // the parameter `version`; empty: the type has none
};

// The index of the form that the client prefers; among equally wanted ones the first. 0 as well if the header is empty
// or wants none of them: a form that was not asked for is better than an error for a client that says too little.
std::size_t preferredForm(std::string_view accept, std::span<const MediaType> forms);

}  // namespace leptir::web
