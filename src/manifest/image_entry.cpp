#include "manifest/image_entry.hpp"

#include "model/image_reference.hpp"

namespace plimsoll::manifest {
namespace {

Error rejected(std::string message) { return {ErrorKind::rejected, std::move(message)}; }

}  // namespace

Result<std::string> apply_image_entry(std::string_view service_image, std::string_view entry) {
  const bool is_full = entry.find_first_of("/:@") != std::string_view::npos;
  if (is_full && !is_image_digest(entry)) {
    auto parsed = parse_image_reference(entry);
    if (!parsed) return parsed.error();
    return std::string(entry);
  }
  if (!is_full && !is_image_tag(entry)) {
    return rejected("\"" + std::string(entry) + "\" is neither a tag nor an image reference");
  }
  if (service_image.empty()) {
    return rejected("\"" + std::string(entry) +
                    "\" is a tag, and the service has no image: to take the repository from");
  }
  auto base = parse_image_reference(service_image);
  if (!base) return base.error();
  return base->repository + (is_full ? "@" : ":") + std::string(entry);
}

}  // namespace plimsoll::manifest
