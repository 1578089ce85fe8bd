#include "plan/naming.hpp"

namespace plimsoll::plan {
namespace {
constexpr std::string_view kIncomingSuffix = ".next";
constexpr std::string_view kOutgoingSuffix = ".prev";
constexpr std::string_view kUndoneSuffix = ".undone";
constexpr std::string_view kSupersededSuffix = ".superseded";
}  // namespace

std::string container_name(const TargetId& target, const ServiceSpec& spec, int replica) {
  if (!spec.container_name.empty() && replica == 1) return spec.container_name;
  return project_name(target) + "-" + spec.name + "-" + std::to_string(replica);
}

std::string incoming_name(std::string_view name) { return std::string(name).append(kIncomingSuffix); }

std::string outgoing_name(std::string_view name) { return std::string(name).append(kOutgoingSuffix); }

std::string undone_name(std::string_view name) { return std::string(name).append(kUndoneSuffix); }

std::string superseded_name(std::string_view name) { return std::string(name).append(kSupersededSuffix); }

NameRole name_role(std::string_view name, std::string_view canonical) noexcept {
  if (name == canonical) return NameRole::canonical;
  if (name.ends_with(kOutgoingSuffix)) return NameRole::outgoing;
  if (name.ends_with(kIncomingSuffix)) return NameRole::incoming;
  if (name.ends_with(kUndoneSuffix)) return NameRole::undone;
  if (name.ends_with(kSupersededSuffix)) return NameRole::superseded;
  return NameRole::other;
}

}  // namespace plimsoll::plan
