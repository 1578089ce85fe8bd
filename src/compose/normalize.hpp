#pragma once

#include <string>

#include "compose/expansion.hpp"
#include "compose/node.hpp"
#include "compose/variables.hpp"

namespace plimsoll::compose {

/// Gives variables without value (`- VAR`, `VAR:`) of environments and build arguments the project's value; build
/// arguments that stay unresolved are dropped, as Compose does.
void pass_variables_through(Node& project, const Lookup& lookup, Expansion& expansion);

/// The same for environments that are written as lists (`- VAR`) and nothing else, as Compose does it to an included
/// model; what stays unresolved is left for later.
void pass_listed_variables_through(Node& model, const Lookup& lookup, Expansion& expansion);

/// Makes implicit things explicit in a rendered project: the default network, dependencies that follow from links,
/// shared namespaces and `volumes_from`, clean mount targets, and the names `<project>_<key>`.
void normalize(Node& project, const std::string& project_name);

/// Makes `deploy.replicas` what `scale` says, in services that have both keys. For a project that is consistent.
void copy_scale_to_deploy(Node& project);

}  // namespace plimsoll::compose
