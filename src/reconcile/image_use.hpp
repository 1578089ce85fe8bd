#pragma once

#include <map>
#include <string>

namespace plimsoll::reconcile {

/// The image that a service runs, or should run.
struct ImageUse {
  std::string reference;
  std::string digest;  ///< of the registry; may be unknown
  bool operator==(const ImageUse&) const = default;
};
/// Images by service.
using ImagesByService = std::map<std::string, ImageUse>;

}  // namespace plimsoll::reconcile
