#include "manifest/image_entry.hpp"
#include "manifest/service_parts.hpp"
#include "model/image_reference.hpp"
#include "model/secret.hpp"

namespace plimsoll::manifest {
namespace {

void report_no_image(const FieldReader& service, const ServiceSpec& spec) {
  const bool builds = service.get("build") != nullptr;
  const std::string cause = builds ? ": Plimsoll does not build" : "";
  service.findings().error(service.node().position(), service.path(), "no image is known for this service" + cause,
                           "give it image:, or name one under images." + spec.name + " in the environment");
}

void warn_moving_tag(const FieldReader& service, const ServiceSpec& spec) {
  auto parsed = parse_image_reference(spec.image);
  if (!parsed || !parsed->digest.empty() || spec.follow_tag) return;
  if (!parsed->tag.empty() && parsed->tag != "latest") return;
  service.warning("image",
                  "image " + spec.image + (parsed->tag.empty() ? " has no tag" : " has the tag latest") +
                      ", so what runs depends on when it was pulled",
                  "name a version, or set follow: true in the environment's images");
}

}  // namespace

void convert_image(const FieldReader& service, const ConversionContext& context, ServiceSpec& out) {
  out.platform = service.text("platform");
  out.pull_policy = service.text("pull_policy");
  out.image = service.text("image");
  if (out.image.empty() && context.partial) return;
  const auto entry = context.app.images.find(out.name);
  if (entry != context.app.images.end()) {
    auto applied = apply_image_entry(out.image, entry->second.text);
    if (!applied && context.partial) return;
    if (!applied) {
      service.findings().error(entry->second.where, "apps." + context.app.name + ".images." + out.name,
                               applied.error().message, "write repo:tag here");
      return;
    }
    out.image = *applied;
    out.follow_tag = entry->second.follow;
  }
  if (out.image.empty()) {
    report_no_image(service, out);
  } else if (auto parsed = parse_image_reference(out.image); !parsed) {
    service.error("image", parsed.error().message, "write it as registry/repository:tag");
  } else {
    warn_moving_tag(service, out);
  }
}

}  // namespace plimsoll::manifest
