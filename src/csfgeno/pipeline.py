"""The whole way of a case, from files to one record. It reads like a table of contents; the stages do the work."""

import hashlib
import json
import logging
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict

from csfgeno import __version__
from csfgeno.annotation.naming import AnnotatedAllele, annotate
from csfgeno.assay import Assay, RunOptions, choose_model, choose_thresholds, load_assay
from csfgeno.calling.caller import SpecimenCaller, make_priors
from csfgeno.calling.contaminants import weigh_contaminants
from csfgeno.calling.germline import note_allele
from csfgeno.calling.hotspots import belongs_to, hotspot_indels, state_hotspot, unteachable
from csfgeno.calling.phase import phase_alleles
from csfgeno.calling.recurrence import parse_table, weigh_recurrence
from csfgeno.calling.supplied import SuppliedCaller
from csfgeno.compartments.settle import settle
from csfgeno.compartments.verdicts import PowerOf
from csfgeno.errormodel.adapt import learn_background
from csfgeno.errormodel.model import LabModel
from csfgeno.evidence.specimen import SpecimenEvidence
from csfgeno.genome.contigs import detect_style
from csfgeno.genome.normalise import footprint, normalise
from csfgeno.identity.check import identify, mark_contaminants, note_identity, withhold
from csfgeno.inputs.case import LoadedCase
from csfgeno.inputs.check import AlignmentInfo, check_case
from csfgeno.inputs.supplied import load_all_supplied
from csfgeno.io.digest import digest_file, digest_reference
from csfgeno.io.index import count_alignments
from csfgeno.io.reference import ReferenceFasta
from csfgeno.io.textlist import read_text
from csfgeno.knowledge.match import match_biomarkers
from csfgeno.knowledge.phase import biomarker_phases
from csfgeno.knowledge.presence import Observed, undetermined_biomarkers
from csfgeno.knowledge.residues import refuse_mismatches
from csfgeno.knowledge.structure import recognise
from csfgeno.knowledge.tables import KnowledgeBase, load_knowledge
from csfgeno.knowledge.therapies import reason
from csfgeno.molecules.beyond import partner_places, places_around, read_beyond
from csfgeno.molecules.reader import Source
from csfgeno.molecules.sharing import read_specimen, share_alleles
from csfgeno.monitoring.alleles import known_alleles
from csfgeno.monitoring.follow import check_earlier, follow
from csfgeno.monitoring.fusions import known_junctions
from csfgeno.qc.notes import add_notes, judge_case
from csfgeno.qc.specimen import summarise_specimen, summarise_supplied
from csfgeno.records import (
    Allele,
    CaseReport,
    DuplicateSample,
    Finding,
    HotspotResult,
    Interval,
    Provenance,
    Setting,
    SpecimenQc,
)
from csfgeno.report.document import SCHEMA_VERSION
from csfgeno.structural.case import SpecimenReads, StructuralCase, find_structure
from csfgeno.structural.known import KnownJunction
from csfgeno.thresholds import Thresholds
from csfgeno.vocab import CallingTier, EvidenceMode, SpecimenKind

log = logging.getLogger(__name__)


def run_case(loaded: LoadedCase, options: RunOptions) -> CaseReport:
    """Return everything there is to say about a case.

    Raises
    ------
    CsfgenoError
        At the first input that cannot be used; nothing has been written then.
    """
    thresholds, settings = choose_thresholds(loaded, options)
    knowledge = load_knowledge(overlay=options.knowledge)
    check_earlier(loaded.case, options.earlier)
    with ReferenceFasta(loaded.reference) as fasta:
        assay = load_assay(loaded.panel, loaded.build, fasta)
        if options.knowledge is not None:
            refuse_mismatches(options.knowledge, assay.transcripts, fasta, fasta.contigs)
        files = check_case(loaded, fasta, assay.panel)
        model = choose_model(assay, thresholds, options)
        junctions = known_junctions(options.earlier, assay.build, list(fasta.contigs))
        reads, callers, duplicates = read_specimens(loaded, assay, thresholds, options, model, junctions)
        modes = {kind: own.mode for kind, own in reads.items()}
        supplied = {k: SuppliedCaller(k, vcf, thresholds) for k, vcf in load_all_supplied(loaded, fasta).items()}
        hotspots = state_hotspots(assay, callers, supplied)
        known = known_alleles(options.earlier, assay.build, list(fasta.contigs))
        found = find_alleles(assay, callers, supplied, knowledge, thresholds, known)
        findings = heed_recurrence(found, assay, thresholds, options)
        phases = phase_alleles(findings, callers, thresholds)
        override = options.override_identity
        identity = identify(callers, assay.panel, assay.hotspots, fasta, override, thresholds, supplied)
        qc = summarise(loaded, assay, thresholds, modes, callers, duplicates, supplied, hotspots, files)
        qc = add_notes(qc, note_identity(identity, thresholds))
        findings = weigh_contaminants(mark_contaminants(findings, identity), identity)
        settled = settle(findings, loaded.case, qc, _power_of(callers), thresholds)
        findings = settled.findings
        fractions = {f.specimen: f.fraction for f in settled.tumour_fractions}
        structure = recognise(
            find_structure(
                structural_case(assay, reads, callers, thresholds, fractions, model, junctions), findings, hotspots
            ),
            knowledge,
        )
        log.info("%d findings, %d hotspot results", len(findings), len(hotspots))
        reasoning = reason(
            Observed(
                findings,
                structure.fusions,
                structure.copy_numbers,
                structure.exon_skippings,
                structure.rearrangements,
            ),
            loaded.case,
            knowledge,
            phases=biomarker_phases(phases, findings),
            not_excluded=undetermined_biomarkers(assay.panel, hotspots),
        )
        report = CaseReport(
            schema_version=SCHEMA_VERSION,
            case=loaded.case,
            panel=assay.panel,
            contigs=fasta.contigs,
            error_model="; ".join(f"{kind}: {c.background.description}" for kind, c in callers.items()),
            findings=findings,
            hotspots=structure.hotspots,
            therapies=reasoning.therapies,
            context=reasoning.context,
            qc=qc,
            verdict=judge_case(qc),
            settings=settings,
            provenance=trace(loaded, assay, knowledge, settings, options),
            phases=phases,
            tumour_fractions=settled.tumour_fractions,
            identity=identity,
            fusions=structure.fusions,
            copy_numbers=structure.copy_numbers,
            heterozygosity_losses=structure.heterozygosity_losses,
            exon_skippings=structure.exon_skippings,
            rearrangements=structure.rearrangements,
        )
        return follow(withhold(report), options.earlier)


def read_specimens(
    loaded: LoadedCase,
    assay: Assay,
    thresholds: Thresholds,
    options: RunOptions,
    model: LabModel | None,
    junctions: Sequence[KnownJunction],
) -> tuple[
    dict[SpecimenKind, SpecimenReads], dict[SpecimenKind, SpecimenCaller], dict[SpecimenKind, DuplicateSample | None]
]:
    """Return how each specimen's reads became molecules, its caller, and what kinds of copies its reads hold.

    Beyond the targets, reads are taken where any specimen points to, and around the places of known `junctions`.
    """
    listed = [allele for site in assay.hotspots for allele in site.alleles]
    open_regions = sum(not site.alleles and site.is_targeted for site in assay.hotspots)
    excluded = unteachable(assay.hotspots, assay.fasta)
    priors = make_priors(len(listed) + open_regions, assay.panel.size_bp, thresholds)
    targets = [target.interval for target in assay.panel.targets]
    sources = {
        kind: Source(path, loaded.reference, thresholds, normalise, options.umis, assay.listed)
        for kind, path in loaded.paths.items()
    }
    alone = {
        kind: read_specimen(source, targets, options.evidence_mode, options.threads) for kind, source in sources.items()
    }
    reads, callers = {}, {}
    shared = share_alleles(alone, options.threads)
    sides = [side for junction in junctions for side in (junction.first, junction.second)]
    places = {
        *partner_places(reading.tiles for reading in shared.values()),
        *(place for reading in shared.values() for place in places_around(sides, reading.tiles)),
    }
    for kind, reading in shared.items():
        mode, tiles = reading.mode.evidence, reading.tiles
        pairing = reading.mode.pairing
        evidence = SpecimenEvidence(tiles, assay.fasta, thresholds, assay.transcripts.in_one_codon, pairing)
        own = hotspot_indels(assay.hotspots, evidence.alleles(), assay.fasta)
        background = learn_background(evidence, excluded | own, thresholds, model, mode)
        reads[kind] = SpecimenReads(mode, read_beyond(reading.source, places, reading.mode))
        callers[kind] = SpecimenCaller(kind, evidence, background, priors, thresholds)
        log.info("%s: %s, %d molecules", kind, mode, sum(len(tile.molecules) for tile in tiles))
    return reads, callers, {kind: reading.duplicates for kind, reading in alone.items()}


def state_hotspots(
    assay: Assay, callers: Mapping[SpecimenKind, SpecimenCaller], supplied: Mapping[SpecimenKind, SuppliedCaller]
) -> tuple[HotspotResult, ...]:
    """Return the state of every hotspot in every specimen, hotspot by hotspot."""
    observed = sorted({allele for caller in callers.values() for allele in caller.evidence.alleles()})
    longer = [allele for allele in observed if len(allele.ref) > 1 or len(allele.alt) > 1]
    return tuple(
        state_hotspot(site, caller, observed if site.hotspot.kind == "splice" else longer)
        for site in assay.hotspots
        for caller in callers.values()
    ) + tuple(r for caller in supplied.values() for r in caller.state_hotspots(assay.hotspots, assay.fasta))


def find_alleles(
    assay: Assay,
    callers: Mapping[SpecimenKind, SpecimenCaller],
    supplied: Mapping[SpecimenKind, SuppliedCaller],
    knowledge: KnowledgeBase,
    thresholds: Thresholds,
    known: Iterable[Allele] = (),
) -> tuple[Finding, ...]:
    """Return the alleles that any specimen shows and the `known` ones, each called in all specimens and named."""
    tiers: dict[Allele, set[SpecimenKind]] = {}
    hotspots: dict[Allele, tuple[str, ...]] = {}
    for allele in (a for a in known if _is_targeted(a, assay)):
        tiers[allele] = set()
        hotspots[allele] = _hotspot_ids(allele, assay)
    for kind, caller in callers.items():
        for allele in caller.suspects():
            if not _is_targeted(allele, assay):
                continue
            ids = _hotspot_ids(allele, assay)
            if caller.is_detected(allele, CallingTier.HOTSPOT if ids else CallingTier.PANEL):
                tiers.setdefault(allele, set()).add(kind)
                hotspots[allele] = ids
    for kind, vcf in supplied.items():
        for allele in (a for a in vcf.alleles() if _is_targeted(a, assay)):
            tiers.setdefault(allele, set()).add(kind)
            hotspots[allele] = _hotspot_ids(allele, assay)
    order = {contig: i for i, contig in enumerate(assay.fasta.contigs)}
    alleles = sorted(tiers, key=lambda a: (order[a.contig], a))
    everyone: dict[SpecimenKind, SpecimenCaller | SuppliedCaller] = {**callers, **supplied}
    everyone = {kind: everyone[kind] for kind in SpecimenKind if kind in everyone}
    return tuple(_finding(a, hotspots[a], tiers[a], assay, everyone, knowledge, thresholds) for a in alleles)


def heed_recurrence(
    findings: tuple[Finding, ...], assay: Assay, thresholds: Thresholds, options: RunOptions
) -> tuple[Finding, ...]:
    """Return the findings with what the laboratory's other cases say of them; the same ones without a table."""
    if options.recurrence is None:
        return findings
    text = read_text(options.recurrence, "a table of `csfgeno cohort recurrence`")
    table = parse_table(text, options.recurrence.name)
    return weigh_recurrence(findings, table, assay.build, assay.panel.sha256, thresholds)


def structural_case(
    assay: Assay,
    reads: Mapping[SpecimenKind, SpecimenReads],
    callers: Mapping[SpecimenKind, SpecimenCaller],
    thresholds: Thresholds,
    tumour_fractions: Mapping[SpecimenKind, float | None],
    model: LabModel | None,
    junctions: tuple[KnownJunction, ...],
) -> StructuralCase:
    """Return what the structural stage needs."""
    return StructuralCase(
        callers=callers,
        reads=reads,
        fasta=assay.fasta,
        build=assay.build,
        style=detect_style(assay.fasta.contigs),
        panel=assay.panel,
        transcripts=assay.transcripts,
        sites=assay.hotspots,
        thresholds=thresholds,
        tumour_fractions=tumour_fractions,
        model=model,
        known=junctions,
    )


def _finding(
    allele: Allele,
    hotspot_ids: tuple[str, ...],
    detected_in: set[SpecimenKind],
    assay: Assay,
    callers: Mapping[SpecimenKind, SpecimenCaller | SuppliedCaller],
    knowledge: KnowledgeBase,
    thresholds: Thresholds,
) -> Finding:
    annotated = annotate(allele, assay.transcripts, assay.fasta)
    elsewhere = CallingTier.HOTSPOT if hotspot_ids else CallingTier.KNOWN
    own = CallingTier.HOTSPOT if hotspot_ids else CallingTier.PANEL
    calls = tuple(c.call_in_full(allele, own if kind in detected_in else elsewhere) for kind, c in callers.items())
    return Finding(
        allele=allele,
        change=annotated.change if annotated else None,
        calls=calls,
        hotspot_ids=hotspot_ids,
        biomarker_ids=_biomarkers(annotated, knowledge),
        notes=note_allele(calls, thresholds),
    )


def _power_of(callers: Mapping[SpecimenKind, SpecimenCaller]) -> PowerOf:
    return lambda kind, allele, tier: callers[kind].detection(allele, tier) if kind in callers else None


def _biomarkers(annotated: AnnotatedAllele | None, knowledge: KnowledgeBase) -> tuple[str, ...]:
    return match_biomarkers(annotated.change, annotated.protein, knowledge) if annotated else ()


def _hotspot_ids(allele: Allele, assay: Assay) -> tuple[str, ...]:
    return tuple(site.hotspot.hotspot_id for site in assay.hotspots if belongs_to(site, allele, assay.fasta))


def _is_targeted(allele: Allele, assay: Assay) -> bool:
    written = Interval(allele.contig, allele.start, allele.start + 1)
    if len(allele.ref) != len(allele.alt):
        written = footprint(allele, assay.fasta)
    return any(target.interval.overlaps(written) for target in assay.panel.targets)


def summarise(
    loaded: LoadedCase,
    assay: Assay,
    thresholds: Thresholds,
    modes: Mapping[SpecimenKind, EvidenceMode],
    callers: Mapping[SpecimenKind, SpecimenCaller],
    duplicates: Mapping[SpecimenKind, DuplicateSample | None],
    supplied: Mapping[SpecimenKind, SuppliedCaller],
    hotspots: Sequence[HotspotResult],
    files: Mapping[SpecimenKind, AlignmentInfo],
) -> tuple[SpecimenQc, ...]:
    """Return the quality record of every specimen."""
    return tuple(
        summarise_supplied(specimen, supplied[specimen.kind].vcf.warnings)
        if specimen.kind in supplied
        else summarise_specimen(
            specimen,
            modes[specimen.kind],
            callers[specimen.kind].evidence,
            assay.panel,
            [h for h in hotspots if h.specimen is specimen.kind],
            thresholds,
            files[specimen.kind].warnings,
            count_alignments(loaded.paths[specimen.kind], [target.interval for target in assay.panel.targets]),
            duplicates[specimen.kind],
        )
        for specimen in loaded.case.specimens
    )


def trace(
    loaded: LoadedCase,
    assay: Assay,
    knowledge: KnowledgeBase,
    settings: Iterable[Setting],
    options: RunOptions,
) -> Provenance:
    """Return versions and digests of all that a result depends on."""
    files = {kind.value: path for kind, path in (*loaded.paths.items(), *loaded.vcfs.items())}
    tables = {"error_model": options.error_model, "recurrence": options.recurrence}
    files |= {name: path for name, path in tables.items() if path is not None}
    chosen = json.dumps([asdict(setting) for setting in settings], sort_keys=True)
    return Provenance(
        version=__version__,
        build=assay.build,
        reference_sha256=digest_reference(assay.fasta, (t.interval for t in assay.panel.targets)),
        panel=f"{assay.panel.name} {assay.panel.version}",
        panel_sha256=assay.panel.sha256,
        knowledge_version=knowledge.label,
        knowledge_sha256=knowledge.sha256,
        settings_sha256=hashlib.sha256(chosen.encode()).hexdigest(),
        inputs_sha256={name: digest_file(path) for name, path in files.items()},
    )
