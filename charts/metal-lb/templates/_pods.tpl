{{/*
What the pods of controller and speaker have in common. Each takes a dict: "top" is the chart's top level, "part" is
.Values.controller or .Values.speaker, "component" its name.
*/}}

{{/* Annotations of the pod; those given win over those of scraping. */}}
{{- define "metal-lb.podAnnotations" -}}
{{- $annotations := dict -}}
{{- if .top.Values.prometheus.scrapeAnnotations -}}
{{- $_ := set $annotations "prometheus.io/scrape" "true" -}}
{{- $_ := set $annotations "prometheus.io/port" (.top.Values.prometheus.metricsPort | toString) -}}
{{- end -}}
{{- $annotations = merge dict (.part.podAnnotations | default dict) $annotations -}}
{{- with $annotations -}}
annotations:
  {{- toYaml . | nindent 2 }}
{{- end -}}
{{- end -}}

{{/* The fields of the pod's spec that come straight from the values. */}}
{{- define "metal-lb.podPlacement" -}}
{{- with .top.Values.imagePullSecrets -}}
imagePullSecrets:
  {{- toYaml . | nindent 2 }}
{{ end -}}
{{- with .part.priorityClassName -}}
priorityClassName: {{ . | quote }}
{{ end -}}
{{- with .part.runtimeClassName -}}
runtimeClassName: {{ . | quote }}
{{ end -}}
{{- with .part.affinity -}}
affinity:
  {{- toYaml . | nindent 2 }}
{{ end -}}
{{- with .part.securityContext -}}
securityContext:
  {{- toYaml . | nindent 2 }}
{{ end -}}
nodeSelector:
  {{- toYaml (merge dict (.part.nodeSelector | default dict) (dict "kubernetes.io/os" "linux")) | nindent 2 }}
{{- end -}}

{{/* The beginning of the container: name, image, arguments. */}}
{{- define "metal-lb.program" -}}
{{- $image := .part.image -}}
name: {{ .component }}
image: {{ printf "%s:%s" $image.repository ($image.tag | default .top.Chart.AppVersion | toString) | quote }}
{{- with $image.pullPolicy }}
imagePullPolicy: {{ . }}
{{- end }}
{{- with .part.command }}
command:
  - {{ . | quote }}
{{- end }}
args:
  - --port={{ .top.Values.prometheus.metricsPort }}
  - --config={{ include "metal-lb.configMapName" .top }}
  {{- with .part.logLevel }}
  - --log-level={{ . }}
  {{- end }}
  {{- with .top.Values.compat | default (ternary "v0.13" "" (not (not .top.Values.crds.enabled))) }}
  - --compat={{ . }}
  {{- end }}
  {{- with .top.Values.loadBalancerClass }}
  - {{ printf "--lb-class=%s" . | quote }}
  {{- end }}
{{- end -}}

{{/* Labels of the workload and of its pods beside the chart's own, which a selector may need. */}}
{{- define "metal-lb.extraLabels" -}}
{{- $labels := .part.labels | default dict -}}
{{- range $key, $value := include "metal-lb.labels" .top | fromYaml -}}
{{- $labels = omit $labels $key -}}
{{- end -}}
{{- range $key, $value := omit $labels "app.kubernetes.io/component" }}
{{ $key }}: {{ $value | toString | quote }}
{{- end -}}
{{- end -}}

{{/* The probes and the resources. */}}
{{- define "metal-lb.care" -}}
{{- range $probe := list "startupProbe" "livenessProbe" "readinessProbe" -}}
{{- with index $.part $probe -}}
{{- if .enabled }}
{{ $probe }}:
  httpGet:
    path: /metrics
    port: monitoring
  {{- range $field, $value := omit . "enabled" }}
  {{ $field }}: {{ int $value }}
  {{- end }}
{{- end -}}
{{- end -}}
{{- end -}}
{{- with .part.resources }}
resources:
  {{- toYaml . | nindent 2 }}
{{- end -}}
{{- end -}}
