#include "compose/interpolate_tree.hpp"

#include "compose/interpolation.hpp"

namespace plimsoll::compose {
namespace {

struct Walk {
  const Lookup& lookup;
  bool unset_is_error;
  Report& report;

  void visit(Node& node, const std::string& path) {
    if (node.is_string()) return replace(node, path);
    for (std::size_t i = 0; i < node.items().size(); ++i)
      if (node.items()[i].is_string() || !node.items()[i].is_scalar()) visit(node.items()[i], child_path(path, i));
    for (Node::Entry& entry : node.entries())
      if (entry.value.is_string() || !entry.value.is_scalar()) visit(entry.value, child_path(path, entry.key));
  }

  void replace(Node& node, const std::string& path) {
    if (node.string().find('$') == std::string::npos) return;
    Interpolated done = interpolate(node.string(), lookup, unset_is_error);
    report.expansion().add(0, done.bytes, node.place());
    for (Diagnostic& problem : done.problems) {
      problem.where = node.position();
      problem.path = path;
      report.add(std::move(problem));
    }
    node.set_source(std::move(done.text), node.quoted());
  }
};

}  // namespace

void interpolate_tree(Node& node, const Lookup& lookup, bool unset_is_error, Report& report) {
  Walk{lookup, unset_is_error, report}.visit(node, "");
}

}  // namespace plimsoll::compose
