#include "compose/canonical.hpp"

namespace plimsoll::compose {
namespace {

void set_missing(Node& mapping, std::string_view key, Node value) {
  if (!mapping.is_mapping() || mapping.contains(key)) return;
  const Place place = mapping.place();
  value.set_place(place);
  mapping.set(key, std::move(value), place);
}

void secret_targets(Node* secrets) {
  if (secrets == nullptr) return;
  for (Node& secret : secrets->items())
    if (const Node* source = secret.find("source"))
      set_missing(secret, "target", Node::make_string("/run/secrets/" + source->as_text()));
}

void device_counts(Node* requests) {
  if (requests == nullptr) return;
  for (Node& request : requests->items())
    if (!request.contains("device_ids")) set_missing(request, "count", Node::make_string("all"));
}

Node* reserved_devices(Node& service) {
  Node* node = service.find("deploy");
  for (std::string_view key : {"resources", "reservations", "devices"})
    if (node != nullptr) node = node->find(key);
  return node;
}

void service_defaults(Node& service) {
  if (Node* build = service.find("build")) {
    set_missing(*build, "context", Node::make_string("."));
    if (!build->contains("dockerfile_inline")) set_missing(*build, "dockerfile", Node::make_string("Dockerfile"));
  }
  secret_targets(service.find("secrets"));
  device_counts(service.find("gpus"));
  device_counts(reserved_devices(service));
  if (Node* ports = service.find("ports"))
    for (Node& port : ports->items()) {
      set_missing(port, "protocol", Node::make_string("tcp"));
      set_missing(port, "mode", Node::make_string("ingress"));
    }
}

}  // namespace

void add_defaults(Node& document) {
  if (Node* services = document.find("services"))
    for (Node::Entry& entry : services->entries()) service_defaults(entry.value);
}

}  // namespace plimsoll::compose
