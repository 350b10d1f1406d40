# FASTQ in, FASTQ out: the UMI becomes an RX tag in the comment, which `bwa mem -C` and `minimap2 -y` write to the BAM.
#
#   place=name   the UMI ends the read name, after the last ':' (BCL Convert, fastp --umi); it is taken off the name
#   place=tag    the comment holds RX:Z: already; the rest of the comment is dropped
#   place=none   the comment is dropped, since it is no SAM tag
#
# Halves of a dual UMI are joined by '-' (SAM tags specification), whatever joined them before.

NR % 4 == 1 {
    rx = ""
    if (place == "name") {
        at = match($1, /:[ACGTNacgtn]+([-_+][ACGTNacgtn]+)?$/)
        if (!at) {
            printf "umi_to_rx: the read name %s does not end with ':' and a UMI\n", $1 > "/dev/stderr"
            exit 1
        }
        umi = toupper(substr($1, at + 1))
        gsub(/[_+]/, "-", umi)
        rx = "\tRX:Z:" umi
        $1 = substr($1, 1, at - 1)
    } else if (place == "tag") {
        for (i = 2; i <= NF; i++) if ($i ~ /^RX:Z:/) rx = "\t" $i
        if (rx == "") {
            printf "umi_to_rx: the read %s has no RX:Z: in its comment\n", $1 > "/dev/stderr"
            exit 1
        }
    }
    sub(/\/[12]$/, "", $1)
    print $1 rx
    next
}
NR % 4 == 3 { print "+"; next }
{ print }
