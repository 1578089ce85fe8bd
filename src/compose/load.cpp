#include "compose/load.hpp"

#include "compose/consistency.hpp"
#include "compose/document_loader.hpp"
#include "compose/environment_files.hpp"
#include "compose/interpolation.hpp"
#include "compose/normalize.hpp"
#include "compose/profiles.hpp"
#include "compose/prune_resources.hpp"
#include "compose/text_split.hpp"
#include "compose/typed_project.hpp"
#include "model/secret.hpp"

namespace plimsoll::compose {
namespace {

std::string normalized_name(std::string_view name) {
  std::string out;
  for (char c : name) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c | 0x20);
    const bool kept = (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9');
    if (kept || (!out.empty() && (c == '-' || c == '_'))) out += c;
  }
  return out;
}

class ProjectLoad {
 public:
  ProjectLoad(const Files& files, const LoadOptions& options)
      : options_(options),
        report_(options.stop, options.allowed_weight),
        loader_(files, options, report_),
        context_{clean_path(options.project_directory), options.variables} {}

  LoadedProject run() {
    LoadedProject result;
    try {
      load(result);
    } catch (const LoadRefusal& refusal) {
      report_.add(refusal.diagnostic);
    }
    result.diagnostics = report_.take();
    result.weight = report_.expansion().weight();
    result.too_heavy = report_.expansion().is_exceeded();
    result.variables = std::move(context_.variables);
    return result;
  }

 private:
  void load(LoadedProject& result) {
    for (const std::string& file : options_.files) paths_.push_back(join_path(context_.directory, file));
    if (paths_.empty()) report_.error({}, "", "no Compose file is given", "name at least one");
    report_.expansion().add(context_.variables, first_file());
    read_dotenv();
    const std::string name = project_name();
    context_.variables.set("COMPOSE_PROJECT_NAME", name);
    Node project = loader_.load_model(paths_, context_);
    if ((project.is_null() || (project.is_mapping() && project.size() == 0)) && !report_.failed())
      report_.error(first_file(), "", "there is nothing in it: an app needs services", "add services");
    if (project.is_mapping()) finish(project, name, result);
    const bool failed = report_.failed();
    if (project.is_mapping() || !failed) (failed ? result.partial : result.project) = std::move(project);
  }

  [[nodiscard]] Place first_file() const {
    std::string shown = paths_.empty() ? std::string() : paths_.front();
    if (shown.rfind(options_.shown_without, 0) == 0) shown.erase(0, options_.shown_without.size());
    return {std::make_shared<const std::string>(std::move(shown)), 0, 0};
  }

  void read_dotenv() {
    std::vector<std::string> files;
    for (const std::string& file : options_.env_files) files.push_back(join_path(context_.directory, file));
    const bool explicit_files = !files.empty();
    if (!explicit_files) files.push_back(join_path(context_.directory, ".env"));
    loader_.read_env_files(files, explicit_files, context_.variables, {}, "");
  }

  std::string project_name() {
    std::string given = options_.project_name;
    if (given.empty()) given = context_.variables.find("COMPOSE_PROJECT_NAME").value_or("");
    if (!given.empty()) {
      if (normalized_name(given) != given)
        report_.error({}, "name", "\"" + mask_secrets(given) + "\" is no valid project name",
                      "use lower-case letters, digits, - and _");
      return given;
    }
    std::string name;
    for (const std::string& path : paths_)
      for (const Node& document : loader_.parse(path, {}, ""))
        if (const Node* own = document.find("name"); own != nullptr && !own->as_text().empty()) name = own->as_text();
    name = normalized_name(interpolate(name, context_.variables.lookup(), false).text);
    const std::size_t slash = context_.directory.rfind('/');
    return name.empty() ? normalized_name(context_.directory.substr(slash + 1)) : name;
  }

  std::vector<std::string> active_profiles() const {
    if (!options_.profiles.empty()) return options_.profiles;
    // As in Compose, no profile is the empty one: it enables what has `profiles: ["${UNSET:-}"]`.
    std::vector<std::string> profiles =
        split_outside_tokens(context_.variables.find("COMPOSE_PROFILES").value_or(""), ',');
    for (std::string& profile : profiles) profile = trim_blanks(profile);
    return profiles;
  }

  void finish(Node& project, const std::string& name, LoadedProject& result) {
    if (const Node* written = project.find("name"); written != nullptr && !written->is_string())
      report_.error(written->place(), "name", "must be text, not " + std::string(written->kind_name()),
                    "put it in quotes");
    project.erase("name");
    check_and_render(project, options_.strict, report_);
    check_definitions(project, report_);
    pass_variables_through(project, context_.variables.lookup(), report_.expansion());
    normalize(project, name);
    project.set("name", Node::make_string(name));
    result.disabled_services = apply_profiles(project, active_profiles());
    check_consistency(project, result.disabled_services, options_.image_required, report_);
    copy_scale_to_deploy(project);
    if (options_.strict) check_home_paths(project, report_);
    resolve_environment_files(project, loader_, context_.variables, options_.unset_is_error, report_);
    prune_unused_resources(project);
    // Long forms and defaults have added to it, and whoever asked for the project goes through it once more.
    report_.expansion().add(project, project.place());
    if (!project.contains("services")) project.set("services", Node::make_mapping(project.place()));
  }

  const LoadOptions& options_;
  Report report_;
  DocumentLoader loader_;
  LoadContext context_;
  std::vector<std::string> paths_;
};

}  // namespace

LoadedProject load_project(const Files& files, const LoadOptions& options) { return ProjectLoad(files, options).run(); }

}  // namespace plimsoll::compose
