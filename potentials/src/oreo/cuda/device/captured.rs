//! A plan on a device: its memory, and its launches as one graph.

use super::driver::Device;
use super::error::CudaError;
use crate::oreo::cuda::{Argument, Capacity, Launch, Plan};
use cudarc::driver::sys::{CUgraphInstantiate_flags, CUstreamCaptureMode};
use cudarc::driver::{
    CudaFunction, CudaGraph, CudaModule, CudaSlice, DevicePtr, DriverError, LaunchConfig,
    PushKernelArg,
};
use std::collections::BTreeMap;
use std::sync::Arc;

/// What all plans of a network share on a device.
pub(super) struct Loaded {
    pub device: Device,
    module: Arc<CudaModule>,
    constants: CudaSlice<u8>,
}

/// A plan that was launched once into a graph, to be repeated with one call.
pub(super) struct Captured {
    pub plan: Plan,
    memory: CudaSlice<u8>,
    graph: CudaGraph,
    /// Bytes of the results.
    pub results: Vec<u8>,
}

// SAFETY: the graph is only used through `&mut` of its owner, and the driver's handles belong to no thread.
unsafe impl Send for Captured {}

impl Loaded {
    /// Loads machine code and copies the constants.
    pub fn new(device: Device, code: Vec<u8>, constants: &[u8]) -> Result<Self, CudaError> {
        let name = device.name.clone();
        let failed = |doing| move |error| CudaError::of_device(&name, doing, error);
        let module = device
            .context
            .load_module(cudarc::nvrtc::Ptx::from_binary(code))
            .map_err(failed.clone()("loading the kernels"))?;
        let constants = device
            .stream
            .clone_htod(constants)
            .map_err(failed("copying the weights"))?;
        Ok(Self {
            device,
            module,
            constants,
        })
    }

    /// Takes memory for a plan and captures it. Refused before anything is taken where the memory does not suffice.
    pub fn capture(&self, plan: Plan) -> Result<Captured, CudaError> {
        self.check_memory(plan.memory.bytes(), plan.memory.capacity())?;
        let stream = &self.device.stream;
        // All of it is 0 in the beginning, more than the plan asks for.
        let memory = stream
            .alloc_zeros::<u8>(plan.memory.bytes())
            .map_err(self.failed("taking memory"))?;
        let functions = self.functions(&plan)?;
        let launch_all = || {
            let mut launches = plan.launches.iter();
            launches.try_for_each(|launch| self.launch(&functions[launch.kernel], launch, &memory))
        };
        // Once before they are captured: the driver may load kernels when they are first launched, and what it refuses is
        // told here. All counts are still 0, so that every block ends at once.
        launch_all()
            .and_then(|()| stream.synchronize())
            .map_err(self.failed("starting the kernels"))?;
        stream
            .begin_capture(CUstreamCaptureMode::CU_STREAM_CAPTURE_MODE_THREAD_LOCAL)
            .map_err(self.failed("beginning a graph"))?;
        let launched = launch_all();
        // Ended in any case: a stream that stays in capture can do nothing else.
        let graph = stream.end_capture(CUgraphInstantiate_flags(0));
        launched.map_err(self.failed("capturing the kernels"))?;
        let graph = graph.map_err(self.failed("ending a graph"))?;
        let Some(graph) = graph else {
            return Err(CudaError::Driver {
                device: self.device.name.clone(),
                doing: "capturing the kernels",
                reason: "the graph is empty".into(),
            });
        };
        Ok(Captured {
            results: vec![0; plan.memory.results().bytes],
            plan,
            memory,
            graph,
        })
    }

    /// Copies what is new, computes, and copies the results back.
    pub fn evaluate(
        &self,
        captured: &mut Captured,
        list: &[(usize, Vec<u8>)],
        (place, positions): (usize, &[u8]),
    ) -> Result<(), CudaError> {
        let stream = &self.device.stream;
        let mut copy = |place: usize, bytes: &[u8]| match bytes.is_empty() {
            true => Ok(()),
            false => {
                let mut there = captured.memory.slice_mut(place..place + bytes.len());
                stream.memcpy_htod(bytes, &mut there)
            }
        };
        list.iter()
            .try_for_each(|(place, bytes)| copy(*place, bytes))
            .and_then(|()| copy(place, positions))
            .map_err(self.failed("copying positions"))?;
        captured
            .graph
            .launch()
            .map_err(self.failed("starting the kernels"))?;
        let results = captured.plan.memory.results();
        let there = captured
            .memory
            .slice(results.offset..results.offset + results.bytes);
        stream
            .memcpy_dtoh(&there, &mut captured.results)
            .and_then(|()| stream.synchronize())
            .map_err(self.failed("computing"))
    }

    fn failed(&self, doing: &'static str) -> impl Fn(DriverError) -> CudaError + '_ {
        move |error| CudaError::of_device(&self.device.name, doing, error)
    }

    fn check_memory(&self, needed: usize, capacity: Capacity) -> Result<(), CudaError> {
        let info = self.device.context.mem_get_info();
        let (free, _) = info.map_err(self.failed("asking for free memory"))?;
        if needed <= free {
            return Ok(());
        }
        Err(CudaError::OutOfMemory {
            atoms: capacity.atoms,
            edges: capacity.edges,
            needed: needed >> 20,
            free: free >> 20,
            device: self.device.name.clone(),
        })
    }

    fn functions(&self, plan: &Plan) -> Result<BTreeMap<&'static str, CudaFunction>, CudaError> {
        let mut functions = BTreeMap::new();
        for launch in &plan.launches {
            if !functions.contains_key(launch.kernel) {
                let function = self.module.load_function(launch.kernel);
                let function = function.map_err(self.failed("finding a kernel"))?;
                functions.insert(launch.kernel, function);
            }
        }
        Ok(functions)
    }

    fn launch(
        &self,
        function: &CudaFunction,
        launch: &Launch,
        memory: &CudaSlice<u8>,
    ) -> Result<(), DriverError> {
        let stream = &self.device.stream;
        let (fixed, _) = self.constants.device_ptr(stream);
        let (work, _) = memory.device_ptr(stream);
        let slots: Vec<Slot> = launch
            .arguments
            .iter()
            .map(|a| Slot::new(a, fixed, work))
            .collect();
        let mut builder = stream.launch_builder(function);
        for slot in &slots {
            match slot {
                Slot::Pointer(pointer) => builder.arg(pointer),
                Slot::Int(number) => builder.arg(number),
                Slot::Double(number) => builder.arg(number),
            };
        }
        let [x, y, z] = launch.grid;
        let size = LaunchConfig {
            grid_dim: (x, y, z),
            block_dim: (launch.threads, 1, 1),
            shared_mem_bytes: 0,
        };
        // SAFETY: number, types and order of the arguments are those of the kernel, threads and grid are those it expects,
        // and it stays within the plan's arrays: all of that is held to the same kernels' signatures and run in the tests
        // of the twin. Both memories live as long as the graph.
        unsafe { builder.launch(size) }.map(drop)
    }
}

/// An argument as the driver copies it.
enum Slot {
    Pointer(u64),
    Int(i32),
    Double(f64),
}

impl Slot {
    fn new(argument: &Argument, fixed: u64, work: u64) -> Self {
        match *argument {
            Argument::Fixed(place) => Self::Pointer(fixed + place.0.offset as u64),
            Argument::Work(place) => Self::Pointer(work + place.0.offset as u64),
            Argument::Int(number) => Self::Int(number),
            Argument::Double(number) => Self::Double(number),
        }
    }
}
